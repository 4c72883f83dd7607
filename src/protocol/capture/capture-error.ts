/** The bytes are no capture file, or one that is damaged at a place. What came before it has been handed over. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
  constructor(
    message: string,
    /** Bytes of the (unpacked) file before the place. */
    readonly offset: number,
  ) {
    super(`${message}, at byte ${offset} of the capture`);
  }
}
