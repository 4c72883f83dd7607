/** The parts of one message, first to last; nearly always one or two. */
export type Parts = readonly Uint8Array[];

export const frameFlag = { more: 1, long: 2, command: 4 } as const;

/** From this length on, a frame's length takes eight bytes. */
const longFrom = 256;

const headerLength = (length: number): number => (length < longFrom ? 2 : 9);

/** Bytes of these parts as frames. */
export function messageLength(parts: Parts): number {
  let length = 0;
  for (const part of parts) length += headerLength(part.length) + part.length;
  return length;
}

/**
 * Writes the parts as frames at `at`, where `messageLength` bytes must be free.
 * @param more whether further parts of the same message follow
 * @returns where the frames end
 */
export function writeMessage(to: Uint8Array, at: number, parts: Parts, more = false): number {
  let end = at;
  const last = parts.length - 1;
  for (let index = 0; index <= last; index++) {
    const part = parts[index]!;
    end = writeHeader(to, end, index < last || more ? frameFlag.more : 0, part.length);
    to.set(part, end);
    end += part.length;
  }
  return end;
}

function writeHeader(to: Uint8Array, at: number, flags: number, length: number): number {
  if (length < longFrom) {
    to[at] = flags;
    to[at + 1] = length;
    return at + 2;
  }
  to[at] = flags | frameFlag.long;
  let rest = length;
  for (let index = at + 8; index > at; index--) {
    to[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return at + 9;
}

/** The parts as the bytes of frames. */
export function encodeMessage(parts: Parts): Uint8Array {
  const bytes = new Uint8Array(messageLength(parts));
  writeMessage(bytes, 0, parts);
  return bytes;
}

/** A command as the bytes of its frame. */
export function encodeCommand(body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerLength(body.length) + body.length);
  bytes.set(body, writeHeader(bytes, 0, frameFlag.command, body.length));
  return bytes;
}
