import { MqttError } from "../../../protocol/mqtt/errors.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { PacketType } from "../../../protocol/mqtt/packet.ts";
import { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import type { Bus, Node } from "../ports/bus.ts";
import { isSystemTopic } from "../wire/system-topic.ts";
import type { Broker } from "./broker.ts";
import { Batch } from "./publisher.ts";

/** This broker's end of the bus to other nodes. Whatever goes wrong there is told in the log, and stays there. */
export class Uplink implements Node {
  readonly #broker: Broker;
  readonly #bus: Bus;
  readonly #batch: Batch;
  /** What is subscribed to before the broker has joined: by sessions that the store kept. */
  #early: Set<string> | undefined = new Set();
  #hasFailed = false;

  constructor(broker: Broker, bus: Bus) {
    this.#broker = broker;
    this.#bus = bus;
    // One without an uplink: what comes from other nodes does not go back to them.
    this.#batch = new Batch(broker, undefined);
  }

  async join(): Promise<void> {
    await this.#bus.join(this);
    const early = this.#early;
    this.#early = undefined;
    for (const filter of early ?? []) this.subscribed(filter);
  }

  async leave(): Promise<void> {
    await this.#bus.leave();
  }

  /** Each node has its own `$SYS`. */
  subscribed(filter: string): void {
    if (isSystemTopic(filter)) return;
    if (this.#early !== undefined) this.#early.add(filter);
    else this.#try(() => this.#bus.subscribed(filter));
  }

  unsubscribed(filter: string): void {
    if (isSystemTopic(filter)) return;
    if (this.#early !== undefined) this.#early.delete(filter);
    else this.#try(() => this.#bus.unsubscribed(filter));
  }

  /** Whether another node wants what is published to the topic. */
  wants(topic: string, isRetained: boolean): boolean {
    if (this.#early !== undefined) return false;
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

  /** Told once until something has gone right again: it may come with every message. */
  #failed(error: unknown): void {
    const { log } = this.#broker;
    const message = error instanceof Error ? error.message : String(error);
    if (!this.#hasFailed) log.error(`Cannot reach the other nodes: ${message}`);
    this.#hasFailed = true;
  }

  deliver(packets: Uint8Array): void {
    const bytes = Buffer.from(packets.buffer, packets.byteOffset, packets.length);
    const { commits } = this.#broker;
    // A bus may hand over a message from within its `publish`, while another one is being delivered here.
    const batch = this.#batch.count === 0 ? this.#batch : new Batch(this.#broker, undefined);
    commits.asOne(() => {
      try {
        this.#read(bytes, batch);
      } finally {
        batch.deliver();
      }
    });
  }

  #read(bytes: Buffer, batch: Batch): void {
    const { routes } = this.#broker;
    const frame = new Frame();
    const view = new PublishView();
    for (let at = 0; at < bytes.length; at = frame.end) {
      const isWhole = frame.read(bytes, at, bytes.length) && frame.end <= bytes.length;
      if (!isWhole || frame.type !== PacketType.Publish) throw noPublish(at);
      view.read(bytes, at, frame.body, frame.end, 5);
      if (view.topicAlias !== 0) throw noPublish(at);
      const route = routes.ofBytes(bytes, view.topicStart, view.topicEnd);
      if (!isSystemTopic(route.text)) batch.add(view, bytes, route, undefined, true);
    }
  }
}

const noPublish = (at: number): MqttError =>
  new MqttError(
    Reason.MalformedPacket,
    `what came from another node is not a whole PUBLISH of MQTT 5 that names its topic, at byte ${at}`,
  );
