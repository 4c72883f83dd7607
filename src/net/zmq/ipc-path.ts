import { lstatSync } from "node:fs";
import { lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { ZmqError } from "./error.ts";
import type { ZmqSocket } from "./socket.ts";

/** A path that no socket can be bound to; `reason` says why and what would help. */
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
 * libzmq deletes whatever it finds at the path of a socket, be it a file or the socket of a program that runs. So
 * what a dead program has left is removed here, and nothing else is.
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

/** @throws {IpcPathError} when something has come to the path since it was cleared */
export function bindSocket(socket: ZmqSocket, endpoint: string): void {
  const path = ipcPath(endpoint);
  if (path !== undefined && lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw inUse(path);
  socket.bind(endpoint);
}

/** Names of Linux's own (`@name`) and those that libzmq chooses (`*`) are no files. */
function ipcPath(endpoint: string): string | undefined {
  const [, path] = /^ipc:\/\/([^@*].*)$/s.exec(endpoint) ?? [];
  return path;
}

/** @throws {IpcPathError} when what is there is no socket, or its folder is not there */
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

/** Whether a program listens there. Who may not ask hears of that instead. */
async function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const probe = connect({ path });
  probe.once("connect", () => resolve(true));
  probe.once("error", (error) => {
    const code = errorCode(error);
    if (code === "EACCES" || code === "EPERM") reject(error);
    // Anything else than a refusal, such as a full queue, is the sign of a life.
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
