import type { Conversation } from "../../protocol/conversation/conversation.ts";
import { otherSide, type Place, type Side } from "../../protocol/conversation/place.ts";
import { type StepBudget, StepLog } from "../../protocol/conversation/step.ts";
import type { TcpConversation } from "../../protocol/conversation/tcp-conversation.ts";
import { TcpFlag, type TcpHeader } from "../../protocol/packet/tcp-header.ts";
import type { CapturedSegment } from "./messages.ts";

/** Segments of all conversations together, beside the last ones of each. */
const maxSegments = 200_000;

/** Of one connection. */
interface Connection {
  readonly log: StepLog<CapturedSegment>;
  /** The number before the first byte of each side: that of its SYN. */
  readonly bases: Partial<Record<Side, number>>;
}

/** The segments of each connection, with sequence numbers that begin at 0, as every tool shows them. */
export class SegmentLogs {
  readonly #budget: StepBudget = { left: maxSegments };
  readonly #connections = new Map<Conversation, Connection>();

  add(tcp: TcpConversation, side: Side, header: TcpHeader, { packet, time }: Place): void {
    const connection = this.#of(tcp.conversation);
    const { bases, log } = connection;
    const isSyn = header.has(TcpFlag.Syn);
    const hasAck = header.has(TcpFlag.Ack);
    if (isSyn) bases[side] = header.sequence;
    bases[side] ??= (header.sequence - 1) >>> 0;
    if (hasAck) bases[otherSide(side)] ??= (header.acknowledgement - 1) >>> 0;
    log.add({
      ...{ packet, side, time: time / 1e6, flags: header.flags, length: header.length },
      sequence: since(header.sequence, bases[side]),
      acknowledgement: hasAck ? since(header.acknowledgement, bases[otherSide(side)]) : 0,
      window: header.window * (isSyn ? 1 : windowUnit(tcp, side)),
    });
  }

  get(conversation: Conversation): StepLog<CapturedSegment> | undefined {
    return this.#connections.get(conversation)?.log;
  }

  #of(conversation: Conversation): Connection {
    let connection = this.#connections.get(conversation);
    if (connection === undefined) {
      connection = { log: new StepLog(this.#budget), bases: {} };
      this.#connections.set(conversation, connection);
    }
    return connection;
  }
}

/** Numbers of TCP begin again behind 2^32. */
const since = (number: number, base: number | undefined): number => (number - (base ?? 0)) >>> 0;

/** The window is scaled only where both sides have said that they can. (RFC 7323, section 2.2) */
function windowUnit({ options }: TcpConversation, side: Side): number {
  const { client, server } = options;
  if (client?.windowScale === undefined || server?.windowScale === undefined) return 1;
  return 2 ** (side === "client" ? client.windowScale : server.windowScale);
}
