import { connectAsync, type MqttClient } from "mqtt";

/** Messages that may be in flight at once. */
const window = 200;

/**
 * A publisher and a subscriber that check a sequence of numbers: at QoS 1 none may be missing, at QoS 2 none missing,
 * duplicated or out of order, although the subscriber's connection breaks again and again.
 */
export class Verifier {
  readonly faults: string[] = [];
  sent = 0;
  received = 0;
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

  /** Waits for the messages in flight, then disconnects both clients. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#work;
    const deadline = performance.now() + 20_000;
    while (this.received < this.sent && performance.now() < deadline) await Bun.sleep(50);
    if (this.received !== this.sent)
      this.faults.push(`QoS ${this.#qos}: ${this.sent} sent, ${this.received} received`);
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
    if (number === this.received) this.received++;
    else if (number > this.received || this.#qos === 2) {
      this.faults.push(`QoS ${this.#qos}: received ${number}, expected ${this.received}`);
      this.received = Math.max(this.received, number + 1);
    }
  }

  async #publish(): Promise<void> {
    while (!this.#isOver) {
      const burst = Array.from({ length: 40 }, () =>
        this.#publisher?.publishAsync(`verifier/${this.#qos}`, String(this.sent++), { qos: this.#qos }),
      );
      await Promise.all(burst);
      while (this.sent - this.received > window && !this.#isOver) await Bun.sleep(5);
      await Bun.sleep(20);
      if (this.sent % 2000 === 0) this.#break();
    }
  }

  /** Breaks the subscriber's connection. */
  #break(): void {
    this.breaks++;
    this.#subscriber?.stream.destroy();
  }
}
