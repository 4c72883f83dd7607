import { lstatSync } from "node:fs";
import { clearSocketPath, inUse, SocketPathError } from "../unix-socket.ts";
import { ZmqError } from "./error.ts";
import type { ZmqSocket } from "./socket.ts";

/** No socket can be bound to the path; `reason` says why and what would help. */
export class IpcPathError extends ZmqError {
  readonly reason: string;

  constructor(path: string, { code, message }: SocketPathError) {
    super(code, `bind ipc://${path}: ${message}`);
    this.reason = message;
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
    await clearSocketPath(path);
  } catch (error) {
    throw error instanceof SocketPathError ? new IpcPathError(path, error) : error;
  }
}

/** @throws {IpcPathError} when something was created at the path since it was cleared */
export function bindSocket(socket: ZmqSocket, endpoint: string): void {
  const path = ipcPath(endpoint);
  if (path !== undefined && lstatSync(path, { throwIfNoEntry: false }) !== undefined)
    throw new IpcPathError(path, inUse(path));
  socket.bind(endpoint);
}

/** Undefined for Linux's abstract names (`@name`) and for `*`, where libzmq chooses a path. */
function ipcPath(endpoint: string): string | undefined {
  const [, path] = /^ipc:\/\/([^@*].*)$/s.exec(endpoint) ?? [];
  return path;
}
