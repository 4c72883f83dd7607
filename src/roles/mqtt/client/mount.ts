import type { Connect, Subscribe, Unsubscribe } from "../../../protocol/mqtt/packet.ts";
import { isShared, parseShare } from "../../../protocol/mqtt/topic.ts";
import type { MountedRun } from "./mounted-run.ts";

/**
 * Where a client's topics are, whose listener has a topic prefix: it names them without, and the broker with the prefix.
 * Packets get it when they have been read, and lose it before they are written, so nothing behind knows of it.
 */
export class Mount {
  readonly bytes: Uint8Array;
  /** What is being handled: its copies are in place of what came. */
  run: MountedRun | undefined;
  /** The last message was published together with those alike behind it, which were not looked at one by one. */
  isExtending = false;

  constructor(readonly prefix: string) {
    this.bytes = new TextEncoder().encode(prefix);
  }

  /** A reason that names topics in quotation marks, as the client knows them. */
  shown(reason: string): string {
    return reason.replaceAll(`"${this.prefix}`, '"');
  }

  connect(packet: Connect): Connect {
    const { will } = packet;
    return will === undefined ? packet : { ...packet, will: { ...will, topic: this.prefix + will.topic } };
  }

  subscribe(packet: Subscribe): Subscribe {
    const subscriptions = packet.subscriptions.map((request) => ({
      ...request,
      filter: this.#filter(request.filter),
    }));
    return { ...packet, subscriptions };
  }

  unsubscribe(packet: Unsubscribe): Unsubscribe {
    return { ...packet, filters: packet.filters.map((filter) => this.#filter(filter)) };
  }

  /** A shared subscription's group is one of those that have the prefix, too: its filter is part of its name. */
  #filter(filter: string): string {
    if (!isShared(filter)) return this.prefix + filter;
    const share = parseShare(filter);
    // What is malformed stays so, and is refused.
    return share === undefined ? filter : `$share/${share.group}/${this.prefix}${share.filter}`;
  }
}
