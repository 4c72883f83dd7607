import { CloseCode, WebSocketError } from "./websocket-error.ts";

/** The frame types of RFC 6455, section 5.2. */
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

/** The longest header: 2 bytes, 8 of length, 4 of mask. */
export const longestHeader = 14;

/** The most that a control frame carries. */
export const longestControl = 125;

export const isControl = (opcode: number): boolean => opcode >= Opcode.Close;

/** How long the header is that begins with these two bytes. */
export function headerLength(second: number): number {
  const length = second & 0x7f;
  return 6 + (length === 127 ? 8 : length === 126 ? 2 : 0);
}

/**
 * The payload length that a whole header from a client announces.
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
  if (isControl(opcode) && (length > longestControl || (first & 0x80) === 0)) {
    fail(`a control frame must be whole and at most ${longestControl} bytes long`);
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
