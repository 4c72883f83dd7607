import type { Logger } from "../../../core/log.ts";
import { MqttError } from "../../../protocol/mqtt/errors.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { PacketType } from "../../../protocol/mqtt/packet.ts";
import { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { isSystemTopic } from "../../../protocol/mqtt/topic.ts";
import type { Bus, Node } from "../ports/bus.ts";
import type { FilterListener } from "../routing/router.ts";
import type { CommitGate } from "../wire/commit-gate.ts";
import { Publisher, type PublisherContext } from "./publisher.ts";

interface BusLinkContext extends PublisherContext {
  readonly log: Logger;
  readonly gate: CommitGate;
}

/** This broker's end of the bus to other nodes. Whatever goes wrong there is logged, and harms nobody here. */
export class BusLink implements Node, FilterListener {
  readonly #context: BusLinkContext;
  readonly #bus: Bus;
  /** What comes from other nodes does not go back to them. */
  readonly #publisher: Publisher;
  /** Filters in use before the broker has joined: those of sessions that the store kept. */
  #beforeJoin: Set<string> | undefined = new Set();
  #hasFailed = false;

  constructor(context: BusLinkContext, bus: Bus) {
    this.#context = context;
    this.#bus = bus;
    this.#publisher = new Publisher(context, undefined);
  }

  async join(): Promise<void> {
    await this.#bus.join(this);
    const filters = this.#beforeJoin;
    this.#beforeJoin = undefined;
    for (const filter of filters ?? []) this.subscribed(filter);
  }

  async leave(): Promise<void> {
    await this.#bus.leave();
  }

  /** Each node has its own `$SYS`. */
  subscribed(filter: string): void {
    if (isSystemTopic(filter)) return;
    if (this.#beforeJoin !== undefined) this.#beforeJoin.add(filter);
    else this.#try(() => this.#bus.subscribed(filter));
  }

  unsubscribed(filter: string): void {
    if (isSystemTopic(filter)) return;
    if (this.#beforeJoin !== undefined) this.#beforeJoin.delete(filter);
    else this.#try(() => this.#bus.unsubscribed(filter));
  }

  /** Whether another node wants what is published to the topic. */
  wants(topic: string, isRetained: boolean): boolean {
    if (this.#beforeJoin !== undefined) return false;
    try {
      return this.#bus.wants(topic, isRetained) && !isSystemTopic(topic);
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  publish(topic: string, packets: Uint8Array): void {
    this.#try(() => this.#bus.publish(topic, packets));
  }

  #try(call: () => void): void {
    try {
      call();
      this.#hasFailed = false;
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Logged once until something succeeds again: it may come with every message. */
  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (!this.#hasFailed) this.#context.log.error(`Cannot reach the other nodes: ${message}`);
    this.#hasFailed = true;
  }

  deliver(packets: Uint8Array): void {
    const bytes = Buffer.from(packets.buffer, packets.byteOffset, packets.length);
    // A bus may hand over a message from within its `publish`, while another one is being delivered here.
    const publisher = this.#publisher.isIdle ? this.#publisher : new Publisher(this.#context, undefined);
    this.#context.gate.transaction(() => {
      try {
        this.#read(bytes, publisher);
      } finally {
        publisher.flush();
      }
    });
  }

  #read(bytes: Buffer, publisher: Publisher): void {
    const { router } = this.#context;
    const frame = new Frame();
    const view = new PublishView();
    for (let at = 0; at < bytes.length; at = frame.end) {
      const isWhole = frame.read(bytes, at, bytes.length) && frame.end <= bytes.length;
      if (!isWhole || frame.type !== PacketType.Publish) throw notAPublish(at);
      view.read(bytes, at, frame.body, frame.end, 5);
      if (view.topicAlias !== 0) throw notAPublish(at);
      const topic = router.topicOf(bytes, view.topicStart, view.topicEnd);
      if (!isSystemTopic(topic.text)) publisher.add(view, bytes, topic, undefined, true);
    }
  }
}

const notAPublish = (at: number): MqttError =>
  new MqttError(
    Reason.MalformedPacket,
    `what came from another node is not a whole PUBLISH of MQTT 5 that names its topic, at byte ${at}`,
  );
