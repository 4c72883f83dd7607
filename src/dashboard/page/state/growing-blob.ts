/** Small enough for the page's memory, and large enough that a long recording is not thousands of blobs. */
const pieceBytes = 1024 * 1024;

/**
 * Bytes to which more come, as Blobs: a browser keeps these outside of the page's memory, and on the disk when they are
 * many.
 */
export class GrowingBlob {
  readonly #pieces: Blob[] = [];
  /** The bytes that are no piece yet; a Blob copies what it is made of, so it is used again. */
  readonly #buffer: Uint8Array<ArrayBuffer>;
  #buffered = 0;

  constructor(bytes = pieceBytes) {
    this.#buffer = new Uint8Array(bytes);
  }

  get size(): number {
    return this.#pieces.length * this.#buffer.length + this.#buffered;
  }

  /** Copies them. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + this.#buffer.length - this.#buffered);
      this.#buffer.set(part, this.#buffered);
      this.#buffered += part.length;
      at += part.length;
      if (this.#buffered < this.#buffer.length) return;
      this.#pieces.push(new Blob([this.#buffer]));
      this.#buffered = 0;
    }
  }

  /** All that has come until now. */
  blob(): Blob {
    return new Blob([...this.#pieces, this.#buffer.subarray(0, this.#buffered)], {
      type: "application/octet-stream",
    });
  }
}
