import { CloseCode, WebSocketError } from "./websocket-error.ts";

/** The frame types of RFC 6455, section 5.2. */
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

/** The largest header: 2 bytes, 8 of length, 4 of mask. */
export const maxHeader = 14;

/** The maximum payload of a control frame. */
export const maxControlPayload = 125;

export const isControl = (opcode: number): boolean => opcode >= Opcode.Close;

/** The length of a client's frame header, from its second byte. */
export function headerLength(second: number): number {
  const length = second & 0x7f;
  return 6 + (length === 127 ? 8 : length === 126 ? 2 : 0);
}

/**
 * The payload length in a client's complete frame header.
 * @throws {WebSocketError} when the header breaks RFC 6455, section 5.2
 */
export function readHeader(header: Buffer): number {
  const first = header[0]!;
  const second = header[1]!;
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0) fail("a reserved bit is set, and no extension was agreed on");
  if (opcode > Opcode.Pong || (opcode > Opcode.Binary && opcode < Opcode.Close))
    fail(`there is no opcode ${opcode}`);
  if ((second & 0x80) === 0) fail("a client's frame must be masked");
  const length = readLength(header, second & 0x7f);
  if (isControl(opcode) && (length > maxControlPayload || (first & 0x80) === 0)) {
    fail(`a control frame must be whole and at most ${maxControlPayload} bytes long`);
  }
  return length;
}

function readLength(header: Buffer, short: number): number {
  if (short < 126) return short;
  const length = short === 126 ? header.readUInt16BE(2) : Number(header.readBigUInt64BE(2));
  if (length > Number.MAX_SAFE_INTEGER) fail("a frame is longer than any message can be");
  if (length < (short === 126 ? 126 : 65_536))
    fail("a frame's length must be written as shortly as possible");
  return length;
}

function fail(message: string): never {
  throw new WebSocketError(CloseCode.ProtocolError, message);
}

/** The largest header of a frame from the server, which is not masked. */
export const maxServerHeader = 10;

/**
 * Writes the header of an unfragmented frame to the client.
 * @returns its length
 */
export function writeHeader(into: Uint8Array, opcode: number, length: number): number {
  into[0] = 0x80 | opcode;
  if (length < 126) {
    into[1] = length;
    return 2;
  }
  const view = new DataView(into.buffer, into.byteOffset, into.length);
  if (length < 65_536) {
    into[1] = 126;
    view.setUint16(2, length);
    return 4;
  }
  into[1] = 127;
  view.setBigUint64(2, BigInt(length));
  return 10;
}

export function controlFrame(opcode: number, payload: Uint8Array): Uint8Array {
  return Uint8Array.of(0x80 | opcode, payload.length, ...payload);
}

/** A close frame; the reason is cut to what fits into a control frame. */
export function closeFrame(code: number, reason = ""): Uint8Array {
  const text = new Uint8Array(maxControlPayload - 2);
  const { written } = new TextEncoder().encodeInto(reason, text);
  return controlFrame(Opcode.Close, Uint8Array.of(code >> 8, code & 0xff, ...text.subarray(0, written)));
}

/** Below this many bytes a view of 32-bit words costs more than it saves. */
const minForWords = 64;

/**
 * Unmasks `bytes` between `from` and `to`, in place.
 * @param mask four bytes; the byte at `phase` is for `from`
 */
export function unmask(bytes: Uint8Array, from: number, to: number, mask: Uint8Array, phase: number): void {
  let at = from;
  if (to - from >= minForWords) {
    while (((bytes.byteOffset + at) & 3) !== 0) {
      bytes[at] = bytes[at]! ^ mask[(phase + at - from) & 3]!;
      at++;
    }
    const shift = phase + at - from;
    const count = (to - at) >>> 2;
    // Every machine that Bun runs on is little-endian.
    const word =
      mask[shift & 3]! |
      (mask[(shift + 1) & 3]! << 8) |
      (mask[(shift + 2) & 3]! << 16) |
      (mask[(shift + 3) & 3]! << 24);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, count);
    for (let i = 0; i < count; i++) words[i] = words[i]! ^ word;
    at += count * 4;
  }
  for (; at < to; at++) bytes[at] = bytes[at]! ^ mask[(phase + at - from) & 3]!;
}
