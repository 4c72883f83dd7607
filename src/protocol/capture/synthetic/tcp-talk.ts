import { TcpFlag } from "../../packet/tcp-header.ts";
import type { Way } from "../frame.ts";
import type { Endpoints } from "./endpoints.ts";
import { receiveWindow, type Segment } from "./ip-packet.ts";

/** With its headers it fits into an IP packet. */
export const maxSegment = 65_000;

const nothing = new Uint8Array(0);

/** A number that is further ahead may be taken for one that has been: those before it are half of all. */
const maxJump = 2 ** 30;

const otherWay = (way: Way): Way => (way === "in" ? "out" : "in");

/** How a connection has ended. */
export interface TcpEnd {
  /** The way of the FIN or reset that came first. */
  readonly first: Way;
  readonly isReset: boolean;
  /** No FIN of the other side followed. */
  readonly isHalfClosed?: boolean | undefined;
  /** Of the streams of both directions. */
  readonly lengths?: Readonly<Record<Way, number>> | undefined;
}

/**
 * Makes up the TCP segments that could have carried a connection's bytes, as if nothing was lost or late. A connection
 * that was open before begins with its first segment: no handshake is made up for it.
 */
export class TcpTalk {
  readonly #ends: Endpoints;
  /** The next sequence number of each direction. */
  readonly #next: Record<Way, number>;
  /** What the other side has acknowledged of it. */
  readonly #acknowledged: Record<Way, number>;
  /** The place of the next byte in each direction's stream; undefined of one that was open before, until it is told. */
  readonly #offset: Record<Way, number | undefined> = { in: undefined, out: undefined };
  readonly #hasEnded: Record<Way, boolean> = { in: false, out: false };
  /** The length of a stream whose FIN has come, and not yet all of its bytes. */
  readonly #endsAt: Record<Way, number | undefined> = { in: undefined, out: undefined };

  /** @param first the sequence number of both sides' first byte; others for each connection of the same ends */
  constructor(ends: Endpoints, first: number) {
    this.#ends = ends;
    this.#next = { in: first >>> 0, out: first >>> 0 };
    this.#acknowledged = { ...this.#next };
  }

  open(): Segment[] {
    // Each SYN takes the number before the first byte.
    for (const way of ["in", "out"] as const) {
      this.#next[way] = (this.#next[way] - 1) >>> 0;
      this.#offset[way] = 0;
    }
    const packets = [this.#packet("in", TcpFlag.Syn)];
    packets.push(this.#packet("out", TcpFlag.Syn | TcpFlag.Ack), this.#packet("in", TcpFlag.Ack));
    return packets;
  }

  /**
   * Bytes that came in or went out, in as few segments as hold them.
   * @param offset of the first of them in its stream; absent: it follows the last one
   */
  send(way: Way, bytes: Uint8Array, offset?: number): Segment[] {
    const packets: Segment[] = [];
    this.#skipTo(way, offset);
    this.#offset[way] = (this.#offset[way] ?? 0) + bytes.length;
    for (let at = 0; at < bytes.length; at += maxSegment) {
      const isWhole = bytes.length <= maxSegment;
      const payload = isWhole ? bytes : bytes.subarray(at, at + maxSegment);
      const unacknowledged = (this.#next[way] - this.#acknowledged[way]) >>> 0;
      // No more than the other side's window may be on its way.
      if (unacknowledged + payload.length > receiveWindow)
        packets.push(this.#packet(otherWay(way), TcpFlag.Ack));
      const isLast = at + maxSegment >= bytes.length;
      packets.push(this.#packet(way, TcpFlag.Ack | (isLast ? TcpFlag.Psh : 0), payload));
    }
    if (this.#endsAt[way] !== undefined) packets.push(...this.halfClose(way, this.#endsAt[way]));
    return packets;
  }

  /** Bytes that there were and that nobody has told of take their numbers: whoever reads the file sees what is missing. */
  #skipTo(way: Way, offset: number | undefined): void {
    const known = this.#offset[way];
    if (offset !== undefined && known !== undefined && offset > known) {
      this.#next[way] = (this.#next[way] + Math.min(offset - known, maxJump)) >>> 0;
      // What acknowledged them is missing, too.
      this.#acknowledged[way] = this.#next[way];
    }
    if (offset !== undefined) this.#offset[way] = Math.max(offset, known ?? 0);
  }

  /**
   * One side's FIN, and its acknowledgement: the other one goes on. A service that has not read all of the stream tells
   * of its last bytes later: the FIN is behind them, or comes with the close.
   * @param length of the side's stream; absent: nobody knows whether more of it is to be told, so it comes with the close
   */
  halfClose(way: Way, length?: number): Segment[] {
    if (this.#hasEnded[way]) return [];
    this.#endsAt[way] = length;
    if (length === undefined || length > (this.#offset[way] ?? length)) return [];
    return this.#end(way);
  }

  #end(way: Way): Segment[] {
    this.#endsAt[way] = undefined;
    this.#hasEnded[way] = true;
    return [this.#packet(way, TcpFlag.Fin | TcpFlag.Ack), this.#packet(otherWay(way), TcpFlag.Ack)];
  }

  /** What is left of the end: nothing was told of a half-close before where the other side's FIN followed at once. */
  close({ first, isReset, isHalfClosed = false, lengths }: TcpEnd): Segment[] {
    const second = otherWay(first);
    for (const way of [first, second]) if (!this.#hasEnded[way]) this.#skipTo(way, lengths?.[way]);
    if (isReset) return [this.#packet(first, TcpFlag.Rst | TcpFlag.Ack)];
    const hasEnded = this.#hasEnded[first];
    if (isHalfClosed) {
      const packets = hasEnded ? [] : this.#end(first);
      // A client that does not end its side after the service did is left alone; a service that does not resets it.
      if (first === "in") packets.push(this.#packet(second, TcpFlag.Rst | TcpFlag.Ack));
      return packets;
    }
    if (hasEnded) return this.#end(second);
    const fin = TcpFlag.Fin | TcpFlag.Ack;
    const packets = [this.#packet(first, fin)];
    packets.push(this.#packet(second, fin), this.#packet(first, TcpFlag.Ack));
    return packets;
  }

  #packet(way: Way, flags: number, payload: Uint8Array = nothing): Segment {
    const { service, peer } = this.#ends;
    const [from, to] = way === "in" ? [peer, service] : [service, peer];
    const other = otherWay(way);
    const sequence = this.#next[way];
    const hasAck = (flags & TcpFlag.Ack) !== 0;
    const acknowledgement = hasAck ? this.#next[other] : 0;
    if (hasAck) this.#acknowledged[other] = acknowledgement;
    const taken = payload.length + ((flags & (TcpFlag.Syn | TcpFlag.Fin)) === 0 ? 0 : 1);
    this.#next[way] = (sequence + taken) >>> 0;
    return { way, from, to, payload, sequence, acknowledgement, flags };
  }
}
