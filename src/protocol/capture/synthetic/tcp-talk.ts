import { TcpFlag } from "../../packet/tcp-header.ts";
import type { Way } from "../frame.ts";
import type { Endpoints } from "./endpoints.ts";
import { receiveWindow, type Segment } from "./ip-packet.ts";

/** With its headers it fits into an IP packet. */
export const maxSegment = 65_000;

const nothing = new Uint8Array(0);

const otherWay = (way: Way): Way => (way === "in" ? "out" : "in");

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

  /** @param first the sequence number of both sides' first byte; others for each connection of the same ends */
  constructor(ends: Endpoints, first: number) {
    this.#ends = ends;
    this.#next = { in: first >>> 0, out: first >>> 0 };
    this.#acknowledged = { ...this.#next };
  }

  open(): Segment[] {
    // Each SYN takes the number before the first byte.
    for (const way of ["in", "out"] as const) this.#next[way] = (this.#next[way] - 1) >>> 0;
    const packets = [this.#packet("in", TcpFlag.Syn)];
    packets.push(this.#packet("out", TcpFlag.Syn | TcpFlag.Ack), this.#packet("in", TcpFlag.Ack));
    return packets;
  }

  /** Bytes that came in or went out, in as few segments as hold them. */
  send(way: Way, bytes: Uint8Array): Segment[] {
    const packets: Segment[] = [];
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
    return packets;
  }

  /** @param first the way of the FIN or reset that came first */
  close(first: Way, isReset: boolean): Segment[] {
    if (isReset) return [this.#packet(first, TcpFlag.Rst | TcpFlag.Ack)];
    const fin = TcpFlag.Fin | TcpFlag.Ack;
    const packets = [this.#packet(first, fin)];
    packets.push(this.#packet(otherWay(first), fin), this.#packet(first, TcpFlag.Ack));
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
