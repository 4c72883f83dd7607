import { TcpFlag, type TcpHeader } from "../packet/tcp-header.ts";
import type { Place } from "./place.ts";

/** Receives the bytes of one direction in their order. */
export interface StreamHandler {
  /**
   * @param bytes valid until it returns
   * @param isPushed the sender had nothing more to send at this moment (PSH)
   */
  data(bytes: Buffer, place: Place, isPushed: boolean): void;
  /** Bytes that were sent and are not in the capture. */
  gap(length: number, place: Place): void;
}

/** What a segment is to those before it. */
export type Verdict =
  /** It has no payload. */
  | "empty"
  | "new"
  /** Bytes before it are missing so far. */
  | "ahead"
  /** It fills the gap before others, so soon after them that it was overtaken on the way. */
  | "out-of-order"
  /** Some or all of its bytes have been sent before. */
  | "retransmission"
  /** It has no bytes, or one that is known, so that the peer answers with an ACK. */
  | "keep-alive";

interface Piece {
  readonly start: number;
  readonly end: number;
  /** Less than `end - start` where not all was captured. */
  readonly bytes: Buffer;
  readonly place: Place;
  readonly isPushed: boolean;
}

/** Bytes that all streams of a capture hold for the sake of order. */
export interface HeldTotal {
  bytes: number;
}

const maxHeld = 1024 * 1024;
const maxPieces = 1024;
const maxHeldOfAll = 64 * 1024 * 1024;
/** A segment that comes so soon after those it belongs before has been overtaken, and not sent again; Wireshark's value. */
const reorderTime = 3e6;

/** One direction of a TCP connection: puts its segments in order. Offsets count from its first byte of payload. */
export class TcpStream {
  /** Bytes of payload, those seen twice counted once. */
  length = 0;
  /** Bytes that are not in the capture. */
  missing = 0;
  /** The offset of the byte that comes next; undefined: nothing has been seen of it. */
  #next: number | undefined;
  /** The sequence number of offset 0. */
  #base = 0;
  #finAt: number | undefined;
  /** As far as the other side has acknowledged. */
  #acknowledged = 0;
  readonly #pieces: Piece[] = [];
  #held = 0;
  /** When the last segment came that brought something new. */
  #lastNew = 0;
  readonly #handler: StreamHandler;
  readonly #total: HeldTotal;

  constructor(handler: StreamHandler, total: HeldTotal) {
    this.#handler = handler;
    this.#total = total;
  }

  get isBegun(): boolean {
    return this.#next !== undefined;
  }

  /** The offset after the last byte that has been handed over. */
  get end(): number {
    return this.#next ?? 0;
  }

  /** Whether the FIN has been seen and everything before it. */
  get isFinished(): boolean {
    return this.#finAt !== undefined && this.#next !== undefined && this.#next >= this.#finAt;
  }

  /** The sequence number of a SYN. */
  begin(sequence: number): void {
    this.#base = (sequence + 1) >>> 0;
    this.#next = 0;
  }

  /** @param payload as far as it was captured */
  add(header: TcpHeader, payload: Buffer, place: Place): Verdict {
    const sequence = header.has(TcpFlag.Syn) ? (header.sequence + 1) >>> 0 : header.sequence;
    const { length } = header;
    if (this.#next === undefined) {
      this.#base = sequence;
      this.#next = 0;
    }
    const start = this.#offsetOf(sequence);
    const end = start + length;
    if (header.has(TcpFlag.Fin)) this.#finAt = end;
    const next = this.#next;
    if (length <= 1 && start === next - 1 && !header.has(TcpFlag.Syn | TcpFlag.Fin | TcpFlag.Rst))
      return "keep-alive";
    if (length === 0) return "empty";
    if (end <= next) return "retransmission";
    const piece = { start, end, bytes: payload, place, isPushed: header.has(TcpFlag.Psh) };
    if (start > next) return this.#addAhead(piece);
    const verdict = this.#verdict(start, place.time);
    this.#lastNew = place.time;
    this.#deliver(piece);
    this.#deliverHeld(place);
    return verdict;
  }

  #verdict(start: number, time: number): Verdict {
    if (start < this.#next!) return "retransmission";
    if (this.#pieces.length === 0) return "new";
    return time - this.#lastNew < reorderTime ? "out-of-order" : "retransmission";
  }

  /** The other side has received everything before this sequence number. @returns the offset */
  acknowledge(sequence: number, place: Place): number {
    if (this.#next === undefined) {
      // What has been acknowledged before the capture began is not missed.
      this.#base = sequence;
      this.#next = 0;
    }
    const offset = this.#offsetOf(sequence);
    if (offset > this.#acknowledged) this.#acknowledged = offset;
    this.#skipAcknowledged(place);
    return offset;
  }

  /** Nothing more will come: what is held is handed over with the gaps before it. */
  finish(place: Place): void {
    while (this.#pieces.length > 0) this.#skipTo(this.#pieces[0]!.start, place);
    const sent = this.#finAt ?? this.#acknowledged;
    if (this.#next !== undefined && sent > this.#next + (this.#finAt === undefined ? 1 : 0)) {
      this.#gap(sent - this.#next, place);
    }
  }

  /** The handler wants no more of it. */
  drop(): void {
    this.#total.bytes -= this.#held;
    this.#held = 0;
    this.#pieces.length = 0;
  }

  /** The offset that is nearest to the next one, because sequence numbers wrap. */
  #offsetOf(sequence: number): number {
    const next = this.#next ?? 0;
    return next + ((sequence - ((this.#base + next) >>> 0)) | 0);
  }

  #addAhead(piece: Piece): Verdict {
    const at = this.#pieces.findIndex(({ start }) => start >= piece.start);
    const same = at < 0 ? undefined : this.#pieces[at]!;
    if (same !== undefined && same.start === piece.start && same.end >= piece.end) return "retransmission";
    // A copy, because the bytes are read again in place.
    const kept = { ...piece, bytes: Buffer.from(piece.bytes) };
    if (at < 0) this.#pieces.push(kept);
    else this.#pieces.splice(at, 0, kept);
    this.#held += kept.bytes.length;
    this.#total.bytes += kept.bytes.length;
    this.#lastNew = piece.place.time;
    const isTooMuch =
      this.#held > maxHeld || this.#pieces.length > maxPieces || this.#total.bytes > maxHeldOfAll;
    if (isTooMuch) this.#skipTo(this.#pieces[0]!.start, piece.place);
    else this.#skipAcknowledged(piece.place);
    return "ahead";
  }

  /**
   * Bytes that the other side has received and that do not come were not captured. They may still come where the
   * capture has put packets in another order.
   */
  #skipAcknowledged(place: Place): void {
    const first = this.#pieces[0];
    if (first === undefined || this.#acknowledged < first.start) return;
    if (place.time - first.place.time > reorderTime) this.#skipTo(first.start, place);
  }

  #skipTo(start: number, place: Place): void {
    this.#gap(start - this.#next!, place);
    // Here nothing became complete: what is missing was there, and only not captured.
    this.#deliverHeld();
  }

  #gap(length: number, place: Place): void {
    if (length <= 0) return;
    this.#next = this.#next! + length;
    this.missing += length;
    this.#handler.gap(length, place);
  }

  /** @param completed what has filled the hole before them; absent: nothing has */
  #deliverHeld(completed?: Place): void {
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      if (piece.start > this.#next!) return;
      this.#pieces.shift();
      this.#held -= piece.bytes.length;
      this.#total.bytes -= piece.bytes.length;
      // The bytes are complete now, and no sooner: it is now that a program could read them.
      const time = completed?.time ?? piece.place.time;
      if (piece.end > this.#next!) this.#deliver({ ...piece, place: { packet: piece.place.packet, time } });
    }
  }

  #deliver({ start, end, bytes, place, isPushed }: Piece): void {
    const known = this.#next! - start;
    const captured = start + bytes.length;
    const fresh = known > 0 ? bytes.subarray(Math.min(known, bytes.length)) : bytes;
    const next = Math.max(this.#next!, captured);
    const hole = end - next;
    this.length += next - this.#next!;
    this.#next = next;
    if (fresh.length > 0) this.#handler.data(fresh, place, isPushed && hole === 0);
    // Not kept, because the capture keeps so many bytes of each packet and no more.
    if (hole > 0) this.#gap(hole, place);
  }
}
