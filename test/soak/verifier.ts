import { connectAsync, type MqttClient } from "mqtt";

/** Messages that may be on their way at once. */
const window = 200;

/**
 * A publisher and a subscriber that count: at QoS 1 nothing may be missing, at QoS 2 nothing missing and nothing
 * twice, in order, although the subscriber's connection breaks again and again.
 */
export class Verifier {
  readonly faults: string[] = [];
  sent = 0;
  heard = 0;
  breaks = 0;
  readonly #port: number;
  readonly #qos: 1 | 2;
  #publisher: MqttClient | undefined;
  #subscriber: MqttClient | undefined;
  #isOver = false;
  #work: Promise<void> = Promise.resolve();

  constructor(port: number, qos: 1 | 2) {
    this.#port = port;
    this.#qos = qos;
  }

  async start(): Promise<void> {
    this.#publisher = await connectAsync(`mqtt://127.0.0.1:${this.#port}`, {
      ...{ clientId: `verifier-publisher-${this.#qos}`, protocolVersion: 5, clean: false },
      properties: { sessionExpiryInterval: 3600 },
    });
    await this.#listen();
    this.#work = this.#publish();
  }

  /** What is on its way arrives, then both leave. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#work;
    const deadline = performance.now() + 20_000;
    while (this.heard < this.sent && performance.now() < deadline) await Bun.sleep(50);
    if (this.heard !== this.sent)
      this.faults.push(`QoS ${this.#qos}: ${this.sent} sent, ${this.heard} heard`);
    for (const client of [this.#publisher, this.#subscriber]) {
      await client?.endAsync({ properties: { sessionExpiryInterval: 0 } });
    }
  }

  async #listen(): Promise<void> {
    const topic = `verifier/${this.#qos}`;
    const subscriber = await connectAsync(`mqtt://127.0.0.1:${this.#port}`, {
      ...{
        clientId: `verifier-subscriber-${this.#qos}`,
        protocolVersion: 5,
        clean: false,
        reconnectPeriod: 20,
      },
      properties: { sessionExpiryInterval: 3600, receiveMaximum: 50 },
    });
    subscriber.on("message", (_, payload) => this.#check(Number(payload)));
    subscriber.on("error", (error) => this.faults.push(`QoS ${this.#qos}: ${error.message}`));
    subscriber.on("connect", ({ sessionPresent }) => {
      if (!sessionPresent && this.breaks > 0) this.faults.push(`QoS ${this.#qos}: the session is lost`);
    });
    await subscriber.subscribeAsync(topic, { qos: this.#qos });
    this.#subscriber = subscriber;
  }

  #check(number: number): void {
    if (number === this.heard) this.heard++;
    else if (number > this.heard || this.#qos === 2) {
      this.faults.push(`QoS ${this.#qos}: ${number} came, and ${this.heard} was next`);
      this.heard = Math.max(this.heard, number + 1);
    }
  }

  async #publish(): Promise<void> {
    while (!this.#isOver) {
      const burst = Array.from({ length: 40 }, () =>
        this.#publisher?.publishAsync(`verifier/${this.#qos}`, String(this.sent++), { qos: this.#qos }),
      );
      await Promise.all(burst);
      while (this.sent - this.heard > window && !this.#isOver) await Bun.sleep(5);
      await Bun.sleep(20);
      if (this.sent % 2000 === 0) this.#break();
    }
  }

  /** The network goes away under the subscriber. */
  #break(): void {
    this.breaks++;
    this.#subscriber?.stream.destroy();
  }
}
