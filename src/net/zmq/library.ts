import { dlopen, type Library, type Pointer } from "bun:ffi";
import { describeError } from "../../core/errors.ts";
import { libraryPaths } from "./library-path.ts";

/** A C pointer to something that libzmq owns. */
export type Handle = Pointer | bigint;

const zmqFunctions = {
  zmq_errno: { args: [], returns: "i32" },
  zmq_strerror: { args: ["i32"], returns: "cstring" },
  zmq_version: { args: ["ptr", "ptr", "ptr"], returns: "void" },
  zmq_ctx_new: { args: [], returns: "ptr" },
  zmq_ctx_set: { args: ["ptr", "i32", "i32"], returns: "i32" },
  zmq_ctx_term: { args: ["ptr"], returns: "i32" },
  zmq_socket: { args: ["ptr", "i32"], returns: "ptr" },
  zmq_close: { args: ["ptr"], returns: "i32" },
  zmq_setsockopt: { args: ["ptr", "i32", "ptr", "u64"], returns: "i32" },
  zmq_getsockopt: { args: ["ptr", "i32", "ptr", "ptr"], returns: "i32" },
  zmq_bind: { args: ["ptr", "cstring"], returns: "i32" },
  zmq_connect: { args: ["ptr", "cstring"], returns: "i32" },
  zmq_socket_monitor: { args: ["ptr", "cstring", "i32"], returns: "i32" },
  zmq_poll: { args: ["ptr", "i32", "i64"], returns: "i32" },
  zmq_send: { args: ["ptr", "ptr", "u64", "i32"], returns: "i32" },
  zmq_msg_init: { args: ["ptr"], returns: "i32" },
  zmq_msg_recv: { args: ["ptr", "ptr", "i32"], returns: "i32" },
  zmq_msg_data: { args: ["ptr"], returns: "ptr" },
  zmq_msg_more: { args: ["ptr"], returns: "i32" },
  zmq_msg_close: { args: ["ptr"], returns: "i32" },
} as const;

/** Found through libzmq: a symbol lookup in a library also searches the libraries that it depends on. */
const posixFunctions = {
  memcpy: { args: ["ptr", "ptr", "u64"], returns: "ptr" },
} as const;

const linuxFunctions = {
  epoll_create1: { args: ["i32"], returns: "i32" },
  epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
  dup: { args: ["i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
} as const;

const commonFunctions = { ...zmqFunctions, ...posixFunctions };

export type LinuxFunctions = Library<typeof linuxFunctions>["symbols"];

/** libzmq's C functions. Only this folder calls them. */
export interface Libzmq {
  readonly c: Library<typeof commonFunctions>["symbols"];
  /** Linux only; other systems poll instead. */
  readonly linux?: LinuxFunctions;
  /** `4.3.5` */
  readonly version: string;
}

let loading: Promise<Libzmq> | undefined;

/**
 * Opens libzmq, once per thread.
 * @throws {Error} naming every path that was tried
 */
export function loadLibzmq(): Promise<Libzmq> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Libzmq> {
  if (process.platform === "win32")
    throw new Error("Cannot use ZeroMQ on Windows: there is no libzmq for it. Run distcli in WSL2");
  const failures: string[] = [];
  for (const path of await libraryPaths()) {
    try {
      return open(path);
    } catch (error) {
      failures.push(describeError(error));
    }
  }
  const tried = failures.length === 0 ? "the zeromq package has no build for it" : failures.join("; ");
  throw new Error(`Cannot load libzmq on ${process.platform} ${process.arch}: ${tried}`);
}

function open(path: string): Libzmq {
  const c = dlopen(path, commonFunctions).symbols;
  const part = () => new Int32Array(1);
  const [major, minor, patch] = [part(), part(), part()];
  c.zmq_version(major, minor, patch);
  const version = `${major[0]}.${minor[0]}.${patch[0]}`;
  if (process.platform !== "linux") return { c, version };
  return { c, version, linux: dlopen(path, linuxFunctions).symbols };
}
