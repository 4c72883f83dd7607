import { topicMatches } from "../../../../src/protocol/mqtt/topic.ts";
import type { Bus, Node } from "../../../../src/roles/mqtt/ports/bus.ts";

/** A bus within one process: a message reaches the other nodes before `publish` returns, or when the test flushes it. */
export class LocalBus {
  readonly #members = new Set<Member>();
  /** Messages are held back until `flush`. */
  isSlow = false;
  #pending: (() => void)[] = [];

  /** One node's end. */
  member(): Member {
    return new Member(this);
  }

  add(member: Member): void {
    this.#members.add(member);
  }

  remove(member: Member): void {
    this.#members.delete(member);
  }

  othersThan(member: Member): Member[] {
    return [...this.#members].filter((other) => other !== member);
  }

  deliver(call: () => void): void {
    if (this.isSlow) this.#pending.push(call);
    else call();
  }

  flush(): void {
    for (const call of this.#pending.splice(0)) call();
  }
}

export class Member implements Bus {
  readonly filters = new Set<string>();
  /** The sizes of what was published, in bytes, by topic. */
  readonly published: [topic: string, bytes: number][] = [];
  /** Every call throws. */
  isBroken = false;
  node: Node | undefined;

  constructor(readonly bus: LocalBus) {}

  join = async (node: Node): Promise<void> => {
    this.node = node;
    this.bus.add(this);
  };

  subscribed(filter: string): void {
    this.#check();
    if (this.filters.has(filter)) throw new Error(`${filter} is announced already`);
    this.filters.add(filter);
  }

  unsubscribed(filter: string): void {
    this.#check();
    if (!this.filters.delete(filter)) throw new Error(`${filter} was never announced`);
  }

  wants(topic: string, isRetained: boolean): boolean {
    this.#check();
    return this.bus.othersThan(this).some((other) => isRetained || other.subscribesTo(topic));
  }

  publish(topic: string, packets: Uint8Array): void {
    this.#check();
    this.published.push([topic, packets.length]);
    const copy = new Uint8Array(packets);
    for (const other of this.bus.othersThan(this)) {
      const bytes = new Uint8Array(copy);
      this.bus.deliver(() => {
        other.node?.deliver(bytes);
        // The bus reuses its buffer after `deliver`.
        bytes.fill(0xee);
      });
    }
  }

  subscribesTo(topic: string): boolean {
    return [...this.filters].some((filter) => topicMatches(filter, topic));
  }

  leave = async (): Promise<void> => {
    this.bus.remove(this);
  };

  #check(): void {
    if (this.isBroken) throw new Error("the other nodes are out of reach");
  }
}
