const noBytes = Buffer.alloc(0);

/** Bytes that came while their client was not read; they are read later. */
export class PausedInput {
  bytes: Buffer = noBytes;
  /** Where in `bytes` those begin that have not been read yet. */
  at = 0;

  get length(): number {
    return this.bytes.length - this.at;
  }

  /** Copies `bytes` to the end. */
  append(bytes: Buffer): void {
    this.bytes = Buffer.concat([this.bytes.subarray(this.at), bytes]);
    this.at = 0;
  }

  /**
   * Keeps what is left of `bytes`.
   * @param isOurs `bytes` was kept here before and is not copied again: else what is read a few messages at a time
   * would be copied as many times
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
