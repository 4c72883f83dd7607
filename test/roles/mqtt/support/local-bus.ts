import { topicMatches } from "../../../../src/protocol/mqtt/topic.ts";
import type { Bus, Node } from "../../../../src/roles/mqtt/ports/bus.ts";

/** A bus within one process: a message reaches the other nodes before `publish` returns, or when the test lets it. */
export class LocalBus {
  readonly #members = new Set<Member>();
  /** Messages wait until `carry`. */
  isSlow = false;
  #waiting: (() => void)[] = [];

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

  hand(call: () => void): void {
    if (this.isSlow) this.#waiting.push(call);
    else call();
  }

  carry(): void {
    for (const call of this.#waiting.splice(0)) call();
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
    if (this.filters.has(filter)) throw new Error(`told of ${filter} twice`);
    this.filters.add(filter);
  }

  unsubscribed(filter: string): void {
    this.#check();
    if (!this.filters.delete(filter)) throw new Error(`told of the end of ${filter}, which never began`);
  }

  wants(topic: string, isRetained: boolean): boolean {
    this.#check();
    return this.bus.othersThan(this).some((other) => isRetained || other.hears(topic));
  }

  publish(topic: string, packets: Uint8Array): void {
    this.#check();
    this.published.push([topic, packets.length]);
    const copy = new Uint8Array(packets);
    for (const other of this.bus.othersThan(this)) {
      const bytes = new Uint8Array(copy);
      this.bus.hand(() => {
        other.node?.deliver(bytes);
        // They are the bus's own again.
        bytes.fill(0xee);
      });
    }
  }

  hears(topic: string): boolean {
    return [...this.filters].some((filter) => topicMatches(filter, topic));
  }

  leave = async (): Promise<void> => {
    this.bus.remove(this);
  };

  #check(): void {
    if (this.isBroken) throw new Error("the other nodes are out of reach");
  }
}
