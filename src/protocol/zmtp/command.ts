import { encodeCommand } from "./frame.ts";
import { ZmtpError } from "./zmtp-error.ts";

// A command's body is its name, after one byte with the name's length, and its data.

export interface Command {
  readonly name: string;
  readonly data: Uint8Array;
}

/** A heartbeat's context, which comes back, has at most so many bytes. */
const maxContext = 16;

const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");

const named = (name: string, ...data: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([Uint8Array.of(name.length), latin1(name), ...data]);

/** @throws {ZmtpError} */
export function parseCommand(body: Uint8Array): Command {
  const end = 1 + (body[0] ?? 0);
  if (end === 1 || end > body.length) throw new ZmtpError("it sent a command without a name");
  return { name: Buffer.from(body.subarray(1, end)).toString("latin1"), data: body.subarray(end) };
}

/** The frame that ends the handshake: the type of our socket. */
export function encodeReady(socketType: string): Uint8Array {
  const type = latin1(socketType);
  return encodeCommand(named("READY", latin1("\x0bSocket-Type"), Uint8Array.of(0, 0, 0, type.length), type));
}

/**
 * The type of the peer's socket in its READY: properties of one byte of name length, the name, four bytes of value
 * length, the value.
 * @throws {ZmtpError}
 */
export function readSocketType({ name, data }: Command): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  if (name !== "READY") {
    const reason = name === "ERROR" ? `: ${JSON.stringify(bytes.toString("latin1", 1))}` : "";
    throw new ZmtpError(`the handshake must end with READY, and it sent ${JSON.stringify(name)}${reason}`);
  }
  let type: string | undefined;
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    const valueAt = nameEnd + 4;
    const valueEnd =
      valueAt > bytes.length ? Number.POSITIVE_INFINITY : valueAt + bytes.readUInt32BE(nameEnd);
    if (valueEnd > bytes.length) throw new ZmtpError("its READY has a property that goes beyond its end");
    if (bytes.toString("latin1", at + 1, nameEnd).toLowerCase() === "socket-type") {
      type = bytes.toString("latin1", valueAt, valueEnd);
    }
    at = valueEnd;
  }
  if (type === undefined) throw new ZmtpError("its READY does not say the type of its socket");
  return type;
}

/** A heartbeat without a context. The time to live of 0 leaves it to the peer when to give us up. */
export const ping = encodeCommand(named("PING", Uint8Array.of(0, 0)));

/** The answer to a PING, whose data are two bytes of time to live and the context. @throws {ZmtpError} */
export function encodePong({ data }: Command): Uint8Array {
  if (data.length < 2) throw new ZmtpError("it sent a PING without its time to live");
  return encodeCommand(named("PONG", data.subarray(2, 2 + maxContext)));
}
