const noBytes = Buffer.alloc(0);

/** Bytes that came and are read later. */
export class Waiting {
  bytes: Buffer = noBytes;
  /** Where in `bytes` those begin that still wait. */
  at = 0;

  get length(): number {
    return this.bytes.length - this.at;
  }

  /** Copies `bytes` to the end. */
  add(bytes: Buffer): void {
    this.bytes = Buffer.concat([this.bytes.subarray(this.at), bytes]);
    this.at = 0;
  }

  /**
   * Takes what is left of `bytes`: a copy, unless they waited here before. What is let go on a few messages at a
   * time is not copied as many times.
   */
  keep(bytes: Buffer, from: number, isOurs: boolean): void {
    this.bytes = isOurs ? bytes : Buffer.from(bytes.subarray(from));
    this.at = isOurs ? from : 0;
  }

  clear(): void {
    this.bytes = noBytes;
    this.at = 0;
  }
}
