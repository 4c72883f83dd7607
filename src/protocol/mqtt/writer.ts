const encoder = new TextEncoder();

/** How many bytes a variable byte integer takes. */
export const varintSize = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4;

/** Writes a variable byte integer at `at` and returns where it ends. */
export function putVarint(bytes: Uint8Array, at: number, value: number): number {
  let next = at;
  let rest = value;
  while (rest >= 0x80) {
    bytes[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  bytes[next++] = rest;
  return next;
}

/** A growing byte buffer. @throws {RangeError} for values out of the format's range */
export class Writer {
  #bytes = new Uint8Array(128);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const at = this.#grow(1);
    this.#bytes[at] = value;
    return this;
  }

  u16(value: number): this {
    if (value > 0xffff) throw new RangeError(`Cannot write ${value} in two bytes: 65535 is the most`);
    const at = this.#grow(2);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value;
    return this;
  }

  u32(value: number): this {
    return this.u16(Math.floor(value / 0x10000)).u16(value % 0x10000);
  }

  varint(value: number): this {
    if (value > 0xfffffff)
      throw new RangeError(`Cannot write ${value} as a variable byte integer: 268435455 is the most`);
    const at = this.#grow(varintSize(value));
    putVarint(this.#bytes, at, value);
    return this;
  }

  string(text: string): this {
    return this.binary(encoder.encode(text));
  }

  binary(bytes: Uint8Array): this {
    return this.u16(bytes.length).raw(bytes);
  }

  raw(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** What has been written; do not write any more afterwards. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Makes space, maybe in another buffer, so it must be called before `#bytes` is used. */
  #grow(by: number): number {
    const at = this.#length;
    this.#length += by;
    if (this.#length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
    }
    return at;
  }
}
