import type { Qos } from "../../../protocol/mqtt/packet.ts";
import type { Pending } from "../wire/message.ts";
import type { EncodedRun } from "../wire/publish-variants.ts";
import { QueuedMemory } from "./queued-memory.ts";

/** The acknowledgement that a message in flight waits for next. */
export const Awaits = { Puback: 1, Pubrec: 2, Pubcomp: 3 } as const;

export type Awaited = (typeof Awaits)[keyof typeof Awaits];

/** A message in flight that has had to leave its slot. */
interface Displaced {
  awaited: Awaited;
  readonly sequence: number;
  pending: Pending | undefined;
}

const noSlots = new Uint32Array(0);
const noSequence = new Float64Array(0);

const minSlots = 16;

/** A table of more slots than these shrinks when few of them are in use. */
const maxIdleSlots = 256;

/** A larger table is halved when fewer than one slot in so many is in use. */
const sparse = 8;

const maxId = 65_535;

/**
 * The deliveries at QoS 1 and 2 to one client that are not complete, by packet identifier.
 *
 * A table of slots and not a `Map`: the slot of an identifier is its low bits. Identifiers are assigned in turn, so a
 * message costs two writes to typed arrays and no hashing. One that is still there when its slot comes round again,
 * because its client does not acknowledge it, is displaced to a map.
 */
export class Inflight {
  /** `awaited << 16 | identifier`; 0: free. */
  #slots = noSlots;
  /** When each was sent, counted in messages. */
  #sequence = noSequence;
  /**
   * What to send again, by slot. Nothing where nothing can be: the session ends with its connection, or PUBREC has
   * come.
   */
  #pending: (Pending | undefined)[] = [];
  readonly #displaced = new Map<number, Displaced>();
  #size = 0;
  #nextSequence = 0;
  #lastId = 0;
  #bytes = 0;
  /** In flight before the client left, and not sent again yet: from `#resendIndex` on. */
  #toResend: readonly number[] = [];
  #resendIndex = 0;

  /** @param memory of all sessions together */
  constructor(readonly memory = new QueuedMemory()) {}

  /** Of the messages that are kept here to be sent again. */
  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#size;
  }

  /** The length of the table: what this costs while it is kept. */
  get slots(): number {
    return this.#slots.length;
  }

  /** Messages that are not in flight any more: while it does not rise, the client completes nothing. */
  get completed(): number {
    return this.#nextSequence - this.#size;
  }

  /** Messages sent since the client reconnected. */
  get sentSinceReconnect(): number {
    return this.#size - this.#resendCount;
  }

  /** Some messages are still to be sent again: nothing else may overtake them. */
  get hasResends(): boolean {
    return this.#resendCount > 0;
  }

  get #resendCount(): number {
    return this.#toResend.length - this.#resendIndex;
  }

  /** @returns the packet identifier assigned to the message */
  add(qos: Qos, pending: Pending | undefined): number {
    const id = this.#nextId();
    this.#put(id, qos === 1 ? Awaits.Puback : Awaits.Pubrec, pending);
    return id;
  }

  /** Assigns packet identifiers to packets of a run, from one index to another, that need not be sent again. */
  addRun(qos: Qos, encoded: EncodedRun, from: number, end: number): void {
    const awaited = qos === 1 ? Awaits.Puback : Awaits.Pubrec;
    for (let index = from; index < end; index++) {
      const id = this.#nextId();
      this.#put(id, awaited, undefined);
      encoded.setId(index, id);
    }
  }

  /** A message was in flight before the broker ended. @param pending absent when PUBREC had come */
  restore(id: number, pending: Pending | undefined): void {
    this.discard(id);
    const awaited =
      pending === undefined ? Awaits.Pubcomp : pending.qos === 1 ? Awaits.Puback : Awaits.Pubrec;
    this.#put(id, awaited, pending);
    // The client may know what had it last: it is used again as late as can be.
    this.#lastId = id;
  }

  // An identifier is not used again while its message is in flight. [MQTT-2.2.1-4]
  #nextId(): number {
    let id = this.#lastId;
    do id = id === maxId ? 1 : id + 1;
    while (this.#size > 0 && this.awaited(id) !== undefined);
    this.#lastId = id;
    return id;
  }

  #put(id: number, awaited: Awaited, pending: Pending | undefined): void {
    if (this.#size >= this.#slots.length * 0.75 && this.#slots.length <= maxId)
      this.#resize(Math.max(minSlots, this.#slots.length * 2));
    const slot = id & (this.#slots.length - 1);
    if (this.#slots[slot] !== 0) this.#displace(slot);
    this.#slots[slot] = (awaited << 16) | id;
    this.#sequence[slot] = this.#nextSequence++;
    this.#size++;
    if (pending === undefined) return;
    this.#pending[slot] = pending;
    this.#bytes += pending.message.size;
    this.memory.add(pending.message);
  }

  #displace(slot: number): void {
    const taken = this.#slots[slot]!;
    const entry = {
      awaited: awaitedIn(taken),
      sequence: this.#sequence[slot]!,
      pending: this.#pending[slot],
    };
    this.#displaced.set(taken & 0xffff, entry);
    this.#pending[slot] = undefined;
  }

  #resize(length: number): void {
    const [slots, sequence, pending] = [this.#slots, this.#sequence, this.#pending];
    this.#slots = new Uint32Array(length);
    this.#sequence = new Float64Array(length);
    this.#pending = [];
    for (let from = 0; from < slots.length; from++) {
      const taken = slots[from]!;
      if (taken === 0) continue;
      const slot = taken & (length - 1);
      // Only among fewer slots than before can two identifiers share one.
      if (this.#slots[slot] !== 0) this.#displace(slot);
      this.#slots[slot] = taken;
      this.#sequence[slot] = sequence[from]!;
      if (pending[from] !== undefined) this.#pending[slot] = pending[from];
    }
  }

  /** The slot of a message; -1: it has none. */
  #slotOf(id: number): number {
    const slot = id & (this.#slots.length - 1);
    const taken = this.#slots[slot] ?? 0;
    return taken !== 0 && (taken & 0xffff) === id ? slot : -1;
  }

  /** PUBACK and PUBCOMP complete a delivery. @returns false when the client acknowledges what was not sent */
  complete(id: number, awaited: Awaited): boolean {
    const slot = id & (this.#slots.length - 1);
    if (this.#slots[slot] === ((awaited << 16) | id)) {
      this.#free(slot);
      return true;
    }
    return this.#displaced.size > 0 && this.awaited(id) === awaited && this.discard(id);
  }

  /** PUBREC: the client has the message, PUBREL comes next. @returns false when nothing waits for it */
  pubrec(id: number): boolean {
    const slot = this.#slotOf(id);
    if (slot < 0) return this.#displaced.size > 0 && this.#pubrecDisplaced(id);
    if (this.#slots[slot]! >> 16 === Awaits.Puback) return false;
    this.#dropPending(slot);
    this.#slots[slot] = (Awaits.Pubcomp << 16) | id;
    return true;
  }

  #pubrecDisplaced(id: number): boolean {
    const entry = this.#displaced.get(id);
    if (entry === undefined || entry.awaited === Awaits.Puback) return false;
    if (entry.pending !== undefined) this.#removed(entry.pending);
    entry.pending = undefined;
    entry.awaited = Awaits.Pubcomp;
    return true;
  }

  /** The delivery ends without an acknowledgement. @returns false when there was no such message */
  discard(id: number): boolean {
    const slot = this.#slotOf(id);
    if (slot >= 0) {
      this.#free(slot);
      return true;
    }
    const entry = this.#displaced.get(id);
    if (entry === undefined) return false;
    if (entry.pending !== undefined) this.#removed(entry.pending);
    this.#displaced.delete(id);
    this.#size--;
    return true;
  }

  #free(slot: number): void {
    this.#dropPending(slot);
    this.#slots[slot] = 0;
    this.#size--;
    if (this.#slots.length > maxIdleSlots && this.#size * sparse < this.#slots.length) this.#shrink();
  }

  #dropPending(slot: number): void {
    if (this.#bytes === 0) return;
    const pending = this.#pending[slot];
    if (pending === undefined) return;
    this.#pending[slot] = undefined;
    this.#removed(pending);
  }

  #shrink(): void {
    if (this.#size === 0) this.#freeTable();
    else this.#resize(this.#slots.length / 2);
  }

  #freeTable(): void {
    this.#slots = noSlots;
    this.#sequence = noSequence;
    this.#pending = [];
  }

  #removed({ message }: Pending): void {
    this.#bytes -= message.size;
    this.memory.remove(message);
  }

  /** What a message in flight waits for; undefined: it is not in flight. */
  awaited(id: number): Awaited | undefined {
    const slot = this.#slotOf(id);
    if (slot >= 0) return awaitedIn(this.#slots[slot]!);
    return this.#displaced.size > 0 ? this.#displaced.get(id)?.awaited : undefined;
  }

  /** What to send again of a message in flight. */
  pending(id: number): Pending | undefined {
    const slot = this.#slotOf(id);
    return slot >= 0 ? this.#pending[slot] : this.#displaced.get(id)?.pending;
  }

  /** Packet identifiers, in the order of sending. */
  ids(): number[] {
    const sent: [id: number, sequence: number][] = [];
    for (const [id, { sequence }] of this.#displaced) sent.push([id, sequence]);
    for (let slot = 0; slot < this.#slots.length; slot++) {
      const taken = this.#slots[slot]!;
      if (taken !== 0) sent.push([taken & 0xffff, this.#sequence[slot]!]);
    }
    return sent.sort(([, one], [, other]) => one - other).map(([id]) => id);
  }

  /** The client is back: everything is to be sent again, in its original order. [MQTT-4.4.0-1] */
  resendAll(): void {
    this.#toResend = this.ids();
    this.#resendIndex = 0;
  }

  /** The next one to be sent again; 0: there is none. */
  nextResend(): number {
    const id = this.#toResend[this.#resendIndex++] ?? 0;
    if (this.#resendIndex < this.#toResend.length) return id;
    this.#toResend = [];
    this.#resendIndex = 0;
    return id;
  }

  /** Removes those at QoS 1 that are chosen, in the order of sending. @returns their packet identifiers */
  remove(isChosen: (pending: Pending) => boolean): number[] {
    const chosen: number[] = [];
    for (const id of this.ids()) {
      if (this.awaited(id) !== Awaits.Puback) continue;
      const pending = this.pending(id);
      if (pending === undefined || !isChosen(pending)) continue;
      this.discard(id);
      chosen.push(id);
    }
    return chosen;
  }

  /**
   * The message is not sent again, though its client may have it. At QoS 2 the exchange is ended as if PUBREC had come: if
   * the identifier went to another message now, a client that has this one would take that for it. [MQTT-4.3.3-10]
   * @returns whether it is still in flight, and PUBREL is to be sent
   */
  giveUp(id: number): boolean {
    if (this.pubrec(id)) return true;
    this.discard(id);
    return false;
  }

  /** Gives up those that the client has not said to have received. @returns their packet identifiers */
  giveUpUnreceived(isChosen: (pending: Pending) => boolean): number[] {
    return this.ids().filter((id) => this.#giveUpIf(id, isChosen));
  }

  /** Gives up of those that have not been sent again yet. @returns their packet identifiers */
  giveUpResends(isChosen: (pending: Pending) => boolean): number[] {
    const left = this.#toResend.slice(this.#resendIndex);
    const chosen = left.filter((id) => this.#giveUpIf(id, isChosen));
    this.#toResend = left.filter((id) => this.awaited(id) !== undefined);
    this.#resendIndex = 0;
    return chosen;
  }

  #giveUpIf(id: number, isChosen: (pending: Pending) => boolean): boolean {
    const pending = this.pending(id);
    if (pending === undefined || !isChosen(pending)) return false;
    this.giveUp(id);
    return true;
  }

  clear(): void {
    if (this.#bytes > 0) {
      for (const pending of this.#pending) if (pending !== undefined) this.#removed(pending);
      for (const { pending } of this.#displaced.values()) if (pending !== undefined) this.#removed(pending);
    }
    this.#freeTable();
    this.#displaced.clear();
    this.#size = 0;
    this.#toResend = [];
    this.#resendIndex = 0;
  }
}

function awaitedIn(taken: number): Awaited {
  const awaited = taken >> 16;
  return awaited === Awaits.Puback || awaited === Awaits.Pubrec ? awaited : Awaits.Pubcomp;
}
