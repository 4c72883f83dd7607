import { lstatSync } from "node:fs";
import { lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { ZmqError } from "./error.ts";
import type { ZmqSocket } from "./socket.ts";

/** No socket can be bound to the path; `reason` says why and what would help. */
export class IpcPathError extends ZmqError {
  constructor(
    code: string,
    path: string,
    readonly reason: string,
  ) {
    super(code, `bind ipc://${path}: ${reason}`);
  }
}

/**
 * Removes the socket that a dead program has left at the path, and nothing else. libzmq itself would delete whatever is
 * there, be it a file or the socket of a running program.
 * @throws {IpcPathError}
 */
export async function clearIpcPath(endpoint: string): Promise<void> {
  const path = ipcPath(endpoint);
  if (path === undefined) return;
  try {
    if (!(await isTaken(path))) return;
    if (await isAnswered(path)) throw inUse(path);
    await rm(path, { force: true });
  } catch (error) {
    if (error instanceof IpcPathError) throw error;
    throw denied(path, error);
  }
}

/** @throws {IpcPathError} when something was created at the path since it was cleared */
export function bindSocket(socket: ZmqSocket, endpoint: string): void {
  const path = ipcPath(endpoint);
  if (path !== undefined && lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw inUse(path);
  socket.bind(endpoint);
}

/** Undefined for Linux's abstract names (`@name`) and for `*`, where libzmq chooses a path. */
function ipcPath(endpoint: string): string | undefined {
  const [, path] = /^ipc:\/\/([^@*].*)$/s.exec(endpoint) ?? [];
  return path;
}

/** @throws {IpcPathError} when there is something else than a socket, or no such folder */
async function isTaken(path: string): Promise<boolean> {
  const folder = dirname(path);
  if ((await found(folder)) === undefined) {
    throw new IpcPathError("ENOENT", path, `the folder ${folder} does not exist. Create it`);
  }
  const there = await found(path);
  if (there === undefined || there.isSocket()) return there !== undefined;
  const kind = there.isDirectory() ? "a folder" : "a file";
  throw new IpcPathError("ENOTSOCK", path, `${path} is ${kind} and no socket. Move it away`);
}

async function found(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether a program listens there. @throws the connection error when permission is denied */
async function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const probe = connect({ path });
  probe.once("connect", () => resolve(true));
  probe.once("error", (error) => {
    const code = errorCode(error);
    if (code === "EACCES" || code === "EPERM") reject(error);
    // Any other error than a refusal, such as a full backlog, means that a program listens.
    else resolve(code !== "ECONNREFUSED" && code !== "ENOENT");
  });
  try {
    return await promise;
  } finally {
    probe.destroy();
  }
}

const inUse = (path: string) =>
  new IpcPathError("EADDRINUSE", path, `${path} is in use. Stop the other program`);

function denied(path: string, error: unknown): IpcPathError {
  const code = errorCode(error);
  return new IpcPathError(code, path, `${path} cannot be used (${code}). Change who may use it`);
}

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "failed";
}
