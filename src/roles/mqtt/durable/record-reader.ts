/** Reads the fields of records. Whatever the bytes are, it does not read beyond them. */
export class RecordReader {
  readonly #bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    this.#check(1);
    return this.#bytes[this.at++]!;
  }

  count(): number {
    this.#check(4);
    this.at += 4;
    return this.#bytes.readUInt32LE(this.at - 4);
  }

  number(): number {
    let value = 0;
    let factor = 1;
    for (let index = 0; index < 8; index++) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new Error(`the number at byte ${this.at} is too long`);
  }

  /** A view of so many bytes. */
  view(length: number): Buffer {
    this.#check(length);
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  skip(length: number): void {
    this.#check(length);
    this.at += length;
  }

  text(): string {
    const length = this.number();
    this.#check(length);
    this.at += length;
    return this.#bytes.toString("utf8", this.at - length, this.at);
  }

  #check(length: number): void {
    if (this.at + length <= this.#bytes.length) return;
    throw new Error(`the record at byte ${this.at} ends after ${this.#bytes.length} bytes`);
  }
}
