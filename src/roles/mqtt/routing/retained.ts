import { isSystemTopic } from "../../../protocol/mqtt/topic.ts";
import { Message } from "../wire/message.ts";
import {
  type PackedMessage,
  pack,
  packedExpiry,
  packedOwner,
  packedPayload,
  packedSize,
  unpack,
} from "./packed-message.ts";
import { RetainedExpiry } from "./retained-expiry.ts";
import { RetainedOwners } from "./retained-owners.ts";
import { nodeBytes, type Place, RetainedTree } from "./retained-tree.ts";

/** Large messages are kept as they came: to copy them once more would cost more than it saves. */
type Kept = PackedMessage | Message;

/** Larger messages than this are not packed, in bytes. */
const maxPacked = 16 * 1024;

const toKept = (message: Message): Kept => (message.size > maxPacked ? message : pack(message));
const toMessage = (kept: Kept): Message => (kept instanceof Message ? kept : unpack(kept));

const sizeOf = (kept: Kept): number => (kept instanceof Message ? kept.size : packedSize(kept));
/** On the broker's clock; Infinity: never. */
const expiryOf = (kept: Kept): number => (kept instanceof Message ? kept.expiresAt : packedExpiry(kept));
const ownerOf = (kept: Kept): number => (kept instanceof Message ? kept.owner : packedOwner(kept));
const payloadOf = (kept: Kept): number =>
  kept instanceof Message ? kept.payloadLength : packedPayload(kept);

/** Is called with each change of what clients and built-in publishers retain. */
export interface RetainedListener {
  retained(message: Message): void;
  cleared(topic: string): void;
}

/** What everybody may retain, however much others have. */
const littleCount = 100;
const littleBytes = 64 * 1024;

/** Sums of what is kept of one kind. */
class Tally {
  count = 0;
  /** With topics, properties and what the tree takes, for the limit. */
  bytes = 0;
  payloadBytes = 0;

  add(kept: Kept, sign: 1 | -1): void {
    this.count += sign;
    this.bytes += sign * sizeOf(kept);
    this.payloadBytes += sign * payloadOf(kept);
  }
}

export interface RetainedLimits {
  readonly maxRetained: number;
  readonly maxRetainedBytes: number;
}

export interface RetainedOptions {
  /**
   * A message was not retained for want of room.
   * @param isFirst there was room since the last time
   * @param greedy who has retained so much that the rest is for others; undefined: there is no room for anybody
   */
  onFull(isFirst: boolean, greedy: string | undefined): void;
  readonly listener?: RetainedListener | undefined;
  /** The broker's clock. */
  readonly now?: () => number;
}

/** The last retained message of each topic. [MQTT-3.3.1-5] */
export class Retained {
  readonly #tree = new RetainedTree<Kept>();
  readonly #clients = new Tally();
  /** The broker's own messages, to which no limit applies: they report that the others are full. */
  readonly #own = new Tally();
  readonly #owners = new RetainedOwners();
  readonly #expiry = new RetainedExpiry<Kept>({
    all: () => this.#tree.all(),
    expiryOf,
    remove: (kept) => this.#remove(toMessage(kept).topic.text),
  });
  #isKnownFull = false;

  readonly #limits: RetainedLimits;
  readonly #onFull: RetainedOptions["onFull"];
  readonly #listener: RetainedListener | undefined;
  readonly #now: () => number;

  constructor(limits: RetainedLimits, { onFull, listener, now = () => 0 }: RetainedOptions) {
    this.#limits = limits;
    this.#onFull = onFull;
    this.#listener = listener;
    this.#now = now;
  }

  /** How many topics have one that a client or a built-in publisher left. */
  get size(): number {
    return this.#clients.count;
  }

  /** Bytes of the messages that `size` counts. */
  get bytes(): number {
    return this.#clients.bytes;
  }

  /** How many topics have one, `$SYS` included. */
  get total(): number {
    return this.#clients.count + this.#own.count;
  }

  /** Bytes of the payloads of the messages that `total` counts. */
  get payloadBytes(): number {
    return this.#clients.payloadBytes + this.#own.payloadBytes;
  }

  /**
   * Keeps the message in place of the one before; an empty payload only takes that one away.
   * @param owner the user who published it, or the client without one; undefined: the broker itself, or another node
   */
  keep(message: Message, owner?: string): void {
    const isEmpty = message.end === message.payloadStart;
    if (isEmpty)
      this.#remove(message.topic.text); // [MQTT-3.3.1-6] [MQTT-3.3.1-7]
    else this.#set(message, owner);
  }

  /** All that clients and built-in publishers have left. Undefined comes now and then, as in `match`. */
  *all(): Generator<Message | undefined, void, undefined> {
    for (const kept of this.#tree.all()) {
      const message = kept === undefined ? undefined : toMessage(kept);
      if (message === undefined || !isSystemTopic(message.topic.text)) yield message;
    }
  }

  /** Keeps a message that was kept before; a limit that is lower by now does not take it away. */
  restore(message: Message): void {
    this.#put(message, this.#tree.place(message.topic.text), this.#clients);
  }

  #tally(topic: string): Tally {
    return isSystemTopic(topic) ? this.#own : this.#clients;
  }

  #set(message: Message, owner: string | undefined): void {
    const { text } = message.topic;
    const tally = this.#tally(text);
    if (tally === this.#clients && this.#isFull(message, owner) && !this.#evict(message, owner)) {
      // An old value must not stand where a newer one was published.
      this.#remove(text);
      this.#onFull(!this.#isKnownFull, this.#isFull(message, undefined) ? undefined : owner);
      this.#isKnownFull = true;
      return;
    }
    if (tally === this.#clients) message.owner = this.#owners.numberOf(owner);
    this.#put(message, this.#tree.place(text), tally);
    if (tally === this.#clients) this.#listener?.retained(message);
  }

  #put(message: Message, place: Place<Kept>, tally: Tally): void {
    const kept = toKept(message);
    this.#expiry.added(message.expiresAt);
    tally.add(kept, 1);
    tally.bytes += place.missing * nodeBytes;
    this.#owners.add(ownerOf(kept), sizeOf(kept) + place.missing * nodeBytes, 1);
    // After the new one: who replaces its own message stays known.
    if (place.value !== undefined) this.#forget(place.value, tally);
    this.#tree.set(place, kept);
  }

  #forget(kept: Kept, tally: Tally): void {
    tally.add(kept, -1);
    this.#owners.add(ownerOf(kept), -sizeOf(kept), -1);
  }

  /** @returns false when nothing that is kept has expired, or not enough of it */
  #evict(message: Message, owner: string | undefined): boolean {
    return this.#expiry.evict(this.#now()) && !this.#isFull(message, owner);
  }

  /** Whether there is no room for the message: a quarter is for those who have retained little. */
  #isFull(message: Message, owner: string | undefined): boolean {
    const { value: before, missing } = this.#tree.place(message.topic.text);
    const { count, bytes } = this.#clients;
    const share = owner !== undefined && this.#isGreedy(owner) ? 0.75 : 1;
    const [maxRetained, maxRetainedBytes] = [
      share * this.#limits.maxRetained,
      share * this.#limits.maxRetainedBytes,
    ];
    if (before === undefined && count >= maxRetained) return true;
    const less = before === undefined ? 0 : sizeOf(before);
    return bytes + message.size - less + missing * nodeBytes > maxRetainedBytes;
  }

  #isGreedy(owner: string): boolean {
    const { count, bytes } = this.#owners.held(owner);
    return count >= littleCount || bytes >= littleBytes;
  }

  #remove(topic: string): void {
    const place = this.#tree.place(topic);
    if (place.value === undefined) return;
    const tally = this.#tally(topic);
    this.#forget(place.value, tally);
    tally.bytes -= this.#tree.remove(place) * nodeBytes;
    if (this.#isKnownFull) this.#isKnownFull = !this.#hasRoomAgain();
    if (tally === this.#clients) this.#listener?.cleared(topic);
  }

  // A tenth, not one: who clears a topic and fills it again must not fill the log.
  #hasRoomAgain(): boolean {
    const { count, bytes } = this.#clients;
    const { maxRetained, maxRetainedBytes } = this.#limits;
    return count <= 0.9 * maxRetained && bytes <= 0.9 * maxRetainedBytes;
  }

  /**
   * The messages whose topics the filter matches and that have not expired, found as they are asked for: a
   * filter that matches a million of them costs nothing before the first is taken. Undefined comes when the search
   * has visited `nodesPerSlice` nodes since the last time: a good moment to do something else.
   */
  *match(filter: string, now: () => number): Generator<Message | undefined, void, undefined> {
    for (const kept of this.#tree.match(filter)) {
      const message = kept === undefined ? undefined : toMessage(kept);
      if (message?.isExpired(now())) this.#remove(message.topic.text);
      else yield message;
    }
  }
}
