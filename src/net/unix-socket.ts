import { chmodSync, closeSync, constants, existsSync, fstatSync, openSync, statSync } from "node:fs";
import { lstat, rm } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { StartError, type StartErrorCode } from "../core/errors.ts";

/** No socket can be bound to the path; the message says why and what would help. */
export class SocketPathError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** As many bytes as the address of a Unix domain socket holds (`sun_path`), without the NUL at its end. */
export const maxSocketPath = process.platform === "linux" ? 107 : 103;

/**
 * Removes the socket that a dead program has left at the path, and nothing else: no file, and no socket of a running
 * program.
 * @throws {SocketPathError}
 */
export async function clearSocketPath(path: string): Promise<void> {
  try {
    if (!(await isTaken(path))) return;
    if (await isAnswered(path)) throw inUse(path);
    await rm(path, { force: true });
  } catch (error) {
    if (error instanceof SocketPathError) throw error;
    const code = codeOf(error);
    throw new SocketPathError(code, `${path} cannot be used (${code}). Change who may use it`);
  }
}

export const inUse = (path: string) =>
  new SocketPathError("EADDRINUSE", `${path} is in use. Stop the other program`);

/** @throws {SocketPathError} when there is something else than a socket, or no such folder */
async function isTaken(path: string): Promise<boolean> {
  const folder = dirname(path);
  if ((await found(folder)) === undefined)
    throw new SocketPathError("ENOENT", `the folder ${folder} does not exist. Create it`);
  const there = await found(path);
  if (there === undefined || there.isSocket()) return there !== undefined;
  const kind = there.isDirectory() ? "a folder" : "a file";
  throw new SocketPathError("ENOTSOCK", `${path} is ${kind} and no socket. Move it away`);
}

async function found(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether a program listens there. @throws the connection error when permission is denied */
async function isAnswered(path: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const probe = connect({ path });
  probe.once("connect", () => resolve(true));
  probe.once("error", (error) => {
    const code = codeOf(error);
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

const startCodes: Readonly<Record<string, StartErrorCode>> = {
  EADDRINUSE: "port-in-use",
  EACCES: "no-permission",
  EPERM: "no-permission",
  EROFS: "no-permission",
  EINVAL: "bad-address",
  ENAMETOOLONG: "bad-address",
  ENOENT: "bad-address",
  ENOTDIR: "bad-address",
  ENOTSOCK: "bad-address",
};

/** Why a service cannot listen on the path, and what to change. @param setting that gives the path */
export function socketPathError(service: string, path: string, setting: string, cause: unknown): StartError {
  const code = codeOf(cause);
  const why = cause instanceof SocketPathError ? cause.message : reasonOf(code, path);
  const message = `Cannot start "${service}" on the Unix socket ${path}: ${why}, or change ${setting}`;
  return new StartError(startCodes[code] ?? "failed", message, { cause });
}

function reasonOf(code: string, path: string): string {
  if (startCodes[code] === "no-permission")
    return `no permission (${code}). Let this user write to the folder ${dirname(path)}`;
  if (Buffer.byteLength(path) > maxSocketPath)
    return `the path has ${Buffer.byteLength(path)} bytes, and a socket's may have ${maxSocketPath}. Take a shorter one`;
  return `the system refuses it (${code}). Look at ${path}`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "failed";
}

/**
 * Makes a socket that nobody but its owner may use: it has the mode of `umask` until its own is set, and whoever connects in
 * between stays connected. The umask only grows, because other threads may make files meanwhile.
 */
export function madePrivately<T>(make: () => T): T {
  const before = process.umask();
  process.umask(before | 0o177);
  try {
    return make();
  } finally {
    process.umask(before);
  }
}

/** Refers to a file without opening it; only Linux has it. */
const pathOnly = 0o10000000;

/**
 * Sets who may use a socket that has just been made. Where others may write to its folder, the path may lead to something
 * else by now, such as a link to a file whose mode they want changed: that is left as it is.
 * @throws {SocketPathError}
 */
export function setSocketMode(path: string, mode: number): void {
  if (process.platform !== "linux") {
    chmodSync(path, mode);
    return;
  }
  const file = openSync(path, pathOnly | constants.O_NOFOLLOW);
  try {
    const found = fstatSync(file);
    if (!found.isSocket() || found.uid !== process.geteuid?.())
      throw new SocketPathError(
        "EACCES",
        `somebody has put something else at ${path}. Take a folder of its own`,
      );
    const reference = `/proc/self/fd/${file}`;
    // Without /proc there is the path only.
    chmodSync(existsSync(reference) ? reference : path, mode);
  } finally {
    closeSync(file);
  }
}

/** In such a folder, as /tmp is one, everybody may remove what is his own only. */
const sticky = 0o1000;

/** Whether anybody may take what is in the path's folder away and put something else there. */
export function isFolderOpen(path: string): boolean {
  const { mode } = statSync(dirname(path));
  return (mode & 0o002) !== 0 && (mode & sticky) === 0;
}
