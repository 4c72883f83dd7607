export const TcpFlag = { Fin: 1, Syn: 2, Rst: 4, Psh: 8, Ack: 16, Urg: 32, Ece: 64, Cwr: 128 } as const;

/** The options of a SYN: what the two sides agree on. Those of the timestamps are in every segment. */
export interface TcpOptions {
  readonly maxSegment?: number | undefined;
  /** The window's values are to be multiplied by 2 to this power. */
  readonly windowScale?: number | undefined;
  readonly sackPermitted: boolean;
  readonly timestamps: boolean;
}

/** The header of a TCP segment, read in place. One object serves all segments. */
export class TcpHeader {
  sourcePort = 0;
  targetPort = 0;
  sequence = 0;
  acknowledgement = 0;
  flags = 0;
  window = 0;
  payloadAt = 0;
  /** The payload as far as it was captured. */
  captured = 0;
  /** Bytes of payload on the wire. */
  length = 0;
  /** Blocks of SACK. */
  sackBlocks = 0;
  /** The sender's timestamp; -1: none. */
  timestamp = -1;
  #bytes: Uint8Array = new Uint8Array(0);
  #optionsAt = 0;

  /**
   * @param end of the bytes that were captured
   * @param wireEnd where the segment ends on the wire
   * @returns false when it is no whole header
   */
  read(bytes: Uint8Array, at: number, end: number, wireEnd: number): boolean {
    if (end - at < 20) return false;
    const header = (bytes[at + 12]! >> 4) * 4;
    if (header < 20 || at + header > wireEnd) return false;
    this.#bytes = bytes;
    this.sourcePort = (bytes[at]! << 8) | bytes[at + 1]!;
    this.targetPort = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    this.sequence = u32(bytes, at + 4);
    this.acknowledgement = u32(bytes, at + 8);
    this.flags = bytes[at + 13]!;
    this.window = (bytes[at + 14]! << 8) | bytes[at + 15]!;
    this.#optionsAt = at + 20;
    this.payloadAt = Math.min(at + header, end);
    this.captured = Math.max(0, end - (at + header));
    this.length = wireEnd - (at + header);
    this.#readTimestamp(bytes, header);
    return true;
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  /** Of a SYN. */
  options(): TcpOptions {
    let maxSegment: number | undefined;
    let windowScale: number | undefined;
    let sackPermitted = false;
    const bytes = this.#bytes;
    for (let at = this.#optionsAt; at < this.payloadAt; ) {
      const length = optionLength(bytes, at, this.payloadAt);
      if (length === 0) break;
      const kind = bytes[at];
      if (kind === 2 && length === 4) maxSegment = (bytes[at + 2]! << 8) | bytes[at + 3]!;
      // More than 14 counts as 14. (RFC 7323, section 2.3)
      if (kind === 3 && length === 3) windowScale = Math.min(14, bytes[at + 2]!);
      if (kind === 4 && length === 2) sackPermitted = true;
      at += length;
    }
    return { maxSegment, windowScale, sackPermitted, timestamps: this.timestamp >= 0 };
  }

  #readTimestamp(bytes: Uint8Array, header: number): void {
    this.timestamp = -1;
    this.sackBlocks = 0;
    if (header === 20) return;
    const start = this.#optionsAt;
    // NOP, NOP, timestamps: the only options of nearly every segment.
    if (
      header === 32 &&
      this.payloadAt - start === 12 &&
      bytes[start] === 1 &&
      bytes[start + 1] === 1 &&
      bytes[start + 2] === 8
    ) {
      this.timestamp = u32(bytes, start + 4);
      return;
    }
    for (let at = start; at < this.payloadAt; ) {
      const length = optionLength(bytes, at, this.payloadAt);
      if (length === 0) break;
      if (bytes[at] === 8 && length === 10) this.timestamp = u32(bytes, at + 2);
      if (bytes[at] === 5) this.sackBlocks = (length - 2) >> 3;
      at += length;
    }
  }
}

/** 0: the list of options ends here, or it is damaged. */
function optionLength(bytes: Uint8Array, at: number, end: number): number {
  const kind = bytes[at]!;
  if (kind === 0) return 0;
  if (kind === 1) return 1;
  const length = at + 1 < end ? bytes[at + 1]! : 0;
  return length < 2 || at + length > end ? 0 : length;
}

const u32 = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
