import { malformed } from "./errors.ts";

// MQTT forbids stripping a byte order mark. [MQTT-1.5.4-3]
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * UTF-8 as MQTT requires it.
 * @throws {MqttError} when they are not valid UTF-8 (surrogates are not) [MQTT-1.5.4-1], or hold U+0000 [MQTT-1.5.4-2]
 */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number, what: string): string {
  let text: string;
  try {
    text = decoder.decode(bytes.subarray(start, end));
  } catch {
    throw malformed(`${what} is not well-formed UTF-8`);
  }
  if (text.includes("\0")) throw malformed(`${what} holds the character U+0000`);
  return text;
}

/** A copy of a part. Not `slice`, because the bytes are mostly a Buffer, whose `slice` does not copy. */
export const copyOf = (bytes: Uint8Array, start: number, end: number): Uint8Array =>
  new Uint8Array(bytes.subarray(start, end));

/** A cursor over the body of one packet. Reading past its end is a malformed packet. */
export class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    public readonly end: number,
  ) {}

  get left(): number {
    return this.end - this.at;
  }

  u8(what: string): number {
    this.#need(1, what);
    return this.bytes[this.at++]!;
  }

  u16(what: string): number {
    this.#need(2, what);
    const value = (this.bytes[this.at]! << 8) | this.bytes[this.at + 1]!;
    this.at += 2;
    return value;
  }

  u32(what: string): number {
    return this.u16(what) * 0x10000 + this.u16(what);
  }

  /** A variable byte integer of at most four bytes, in its shortest form. [MQTT-1.5.5-1] */
  varint(what: string): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.u8(what);
      value |= (byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (byte === 0 && shift > 0) throw malformed(`${what} is not written in its shortest form`);
      return value;
    }
    throw malformed(`${what} is longer than four bytes`);
  }

  string(what: string): string {
    const length = this.u16(what);
    this.#need(length, what);
    const start = this.at;
    this.at += length;
    return decodeUtf8(this.bytes, start, this.at, what);
  }

  /** A copy, because the received bytes are reused. */
  binary(what: string): Uint8Array {
    const length = this.u16(what);
    this.#need(length, what);
    this.at += length;
    return copyOf(this.bytes, this.at - length, this.at);
  }

  /** Everything that is left, as a copy. */
  rest(): Uint8Array {
    const rest = copyOf(this.bytes, this.at, this.end);
    this.at = this.end;
    return rest;
  }

  /** A reader for the next `length` bytes, which this one skips. */
  part(length: number, what: string): Reader {
    this.#need(length, what);
    this.at += length;
    return new Reader(this.bytes, this.at - length, this.at);
  }

  /** Checks that nothing is left. @throws {MqttError} */
  finish(what: string): void {
    if (this.left > 0) throw malformed(`${what} has ${this.left} bytes too many`);
  }

  #need(length: number, what: string): void {
    if (this.end - this.at < length) throw malformed(`${what} ends too early`);
  }
}
