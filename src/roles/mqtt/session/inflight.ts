import type { Qos } from "../../../protocol/mqtt/packet.ts";
import type { Pending, Total } from "./queue.ts";

/** A message on its way to the client, waiting for its next acknowledgement. */
export interface Outgoing {
  readonly awaits: "puback" | "pubrec" | "pubcomp";
  /** What to send again. Absent where nothing can be: the session ends with its connection, or PUBREC has come. */
  readonly pending?: Pending;
}

// Shared by all messages that need nothing else: no object per message then.
const awaitsPuback: Outgoing = { awaits: "puback" };
const awaitsPubrec: Outgoing = { awaits: "pubrec" };
const awaitsPubcomp: Outgoing = { awaits: "pubcomp" };

/** What has been sent to one client and is not acknowledged to the end, by packet identifier, in the order of sending. */
export class InFlight {
  readonly #byId = new Map<number, Outgoing>();
  /** In flight before the client left, and not sent again yet since it is back. */
  #unsent: number[] = [];
  #lastId = 0;
  #bytes = 0;

  /** @param total what all clients together have, here and in their queues */
  constructor(readonly total: Total = { bytes: 0 }) {}

  /** Of the messages that are kept here to be sent again. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#byId.size;
  }

  /** What is in flight to the client since it is back. */
  get sent(): number {
    return this.#byId.size - this.#unsent.length;
  }

  /** Something is still to be sent again: nothing else may overtake it. */
  get isBehind(): boolean {
    return this.#unsent.length > 0;
  }

  /** @returns the packet identifier that the message has got */
  add(qos: Qos, pending: Pending | undefined): number {
    const id = this.#freeId();
    this.#set(id, qos, pending);
    return id;
  }

  /** A message was in flight before the broker ended. @param pending absent when PUBREC had come */
  restore(packetId: number, pending: Pending | undefined): void {
    if (pending === undefined) this.#byId.set(packetId, awaitsPubcomp);
    else this.#set(packetId, pending.qos, pending);
  }

  #set(packetId: number, qos: Qos, pending: Pending | undefined): void {
    const shared = qos === 1 ? awaitsPuback : awaitsPubrec;
    if (pending === undefined) {
      this.#byId.set(packetId, shared);
      return;
    }
    this.#byId.set(packetId, { awaits: shared.awaits, pending });
    this.#count(pending.message.size);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.total.bytes += bytes;
  }

  #letGo({ pending }: Outgoing): void {
    if (pending !== undefined) this.#count(-pending.message.size);
  }

  // An identifier is not used again while its message is in flight. [MQTT-2.2.1-4]
  #freeId(): number {
    do this.#lastId = this.#lastId === 65_535 ? 1 : this.#lastId + 1;
    while (this.#byId.has(this.#lastId));
    return this.#lastId;
  }

  /** PUBACK and PUBCOMP end a message's way. @returns false when the client acknowledges what was not sent */
  settle(packetId: number, awaited: "puback" | "pubcomp"): boolean {
    const outgoing = this.#byId.get(packetId);
    if (outgoing?.awaits !== awaited) return false;
    this.#letGo(outgoing);
    return this.#byId.delete(packetId);
  }

  /** PUBREC: the client has the message, PUBREL comes next. @returns false when nothing waits for it */
  confirm(packetId: number): boolean {
    const outgoing = this.#byId.get(packetId);
    if (outgoing === undefined || outgoing.awaits === "puback") return false;
    this.#letGo(outgoing);
    this.#byId.set(packetId, awaitsPubcomp);
    return true;
  }

  /** @returns false when there was no such message */
  giveUp(packetId: number): boolean {
    const outgoing = this.#byId.get(packetId);
    if (outgoing !== undefined) this.#letGo(outgoing);
    return this.#byId.delete(packetId);
  }

  /** Packet identifiers, in the order of sending. */
  keys(): MapIterator<number> {
    return this.#byId.keys();
  }

  get(packetId: number): Outgoing | undefined {
    return this.#byId.get(packetId);
  }

  /** The client is back: everything is to be sent again, in the order of then. [MQTT-4.4.0-1] */
  sendAgain(): void {
    this.#unsent = [...this.#byId.keys()];
  }

  /** The next one to be sent again; 0: there is none. */
  nextUnsent(): number {
    return this.#unsent.shift() ?? 0;
  }

  /** Takes out those at QoS 1 that are chosen. @returns their packet identifiers */
  takeOut(isChosen: (pending: Pending) => boolean): number[] {
    const chosen: number[] = [];
    for (const [packetId, { awaits, pending }] of this.#byId) {
      if (awaits !== "puback" || pending === undefined || !isChosen(pending)) continue;
      this.#byId.delete(packetId);
      this.#count(-pending.message.size);
      chosen.push(packetId);
    }
    return chosen;
  }

  clear(): void {
    this.#byId.clear();
    this.#unsent = [];
    this.#count(-this.#bytes);
  }
}
