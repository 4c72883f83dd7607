import { constants } from "node:os";
import type { Libzmq } from "./library.ts";

/** libzmq's own error numbers start here, beyond those of any operating system. */
const ownErrors = 156384712;

const ownNames: Readonly<Record<number, string>> = {
  [ownErrors + 51]: "EFSM",
  [ownErrors + 52]: "ENOCOMPATPROTO",
  [ownErrors + 53]: "ETERM",
  [ownErrors + 54]: "EMTHREAD",
};

const namesByNumber = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
// Where two names share a number, the one that libzmq's manual uses.
namesByNumber.set(constants.errno.EAGAIN, "EAGAIN");

/** The error of a libzmq function. */
export class ZmqError extends Error {
  override readonly name = "ZmqError";
  constructor(
    /** The name of the errno, e.g. `EADDRINUSE`. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The errno of the call that has just failed. Call it at once: the next libzmq call may overwrite it. */
export function lastErrorName(lib: Libzmq): string {
  return errorName(lib.c.zmq_errno());
}

function errorName(number: number): string {
  return ownNames[number] ?? namesByNumber.get(number) ?? `errno ${number}`;
}

/** @param tried what failed, for the message: `zmq_bind tcp://127.0.0.1:5555` */
export function lastError(lib: Libzmq, tried: string): ZmqError {
  const number = lib.c.zmq_errno();
  return new ZmqError(errorName(number), `${tried}: ${lib.c.zmq_strerror(number)}`);
}

/** Returns the result of a call that fails with -1. */
export function check(lib: Libzmq, result: number, tried: string): number {
  if (result === -1) throw lastError(lib, tried);
  return result;
}
