import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";
import { Random } from "../support/random.ts";

/** The number of topics on which messages are retained and cleared. */
export const retainedTopics = 3000;

const filters = [
  "churn/#",
  "churn/+/1",
  "churn/7/+",
  "$share/one/churn/#",
  "$share/two/churn/3/+",
  "kept/+",
  "churn/5/5",
];

/**
 * Clients that connect, subscribe, publish, retain, and disconnect in every possible way. Each worker is one client at
 * a time; the number of workers is the number of connections.
 */
export class Churn {
  connects = 0;
  published = 0;
  received = 0;
  refused = 0;
  readonly #port: number;
  readonly #random: Random;
  #isOver = false;
  #workers: Promise<void>[] = [];

  constructor(port: number, seed: number) {
    this.#port = port;
    this.#random = new Random(seed);
  }

  start(count: number): void {
    this.#isOver = false;
    this.#workers = Array.from({ length: count }, (_, index) => this.#work(index));
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#workers);
    await this.#clearRetained();
  }

  async #work(index: number): Promise<void> {
    while (!this.#isOver) {
      const client = await this.#connect(index).catch(() => undefined);
      if (client === undefined) this.refused++;
      else {
        await this.#use(client).catch(() => undefined);
        await this.#disconnect(client, index).catch(() => undefined);
      }
      await Bun.sleep(this.#random.below(200));
    }
  }

  async #connect(index: number): Promise<MqttClient> {
    const protocolVersion = this.#random.pick([3, 4, 5, 5, 5] as const);
    // A worker reuses a few identifiers, so sessions are resumed; some identifiers are never used again.
    const clientId = `churn-${index}-${this.#random.below(6) === 0 ? this.connects : this.#random.below(4)}`;
    const options: IClientOptions = {
      ...{ clientId, protocolVersion, reconnectPeriod: 0, keepalive: 30, clean: this.#random.below(2) === 0 },
      ...(protocolVersion === 3 && { protocolId: "MQIsdp" as const }),
      ...(protocolVersion === 5 && {
        properties: { sessionExpiryInterval: this.#random.below(10), topicAliasMaximum: 5 },
      }),
    };
    const will = { topic: "churn/will", payload: Buffer.from(clientId), qos: 1 as const, retain: false };
    const client = await connectAsync(`mqtt://127.0.0.1:${this.#port}`, {
      ...options,
      connectTimeout: 5000,
      ...(this.#random.below(3) === 0 && { will }),
    });
    client.on("error", () => undefined);
    client.on("message", () => this.received++);
    this.connects++;
    return client;
  }

  async #use(client: MqttClient): Promise<void> {
    const shared = client.options.protocolVersion === 5;
    for (let count = this.#random.below(4); count > 0; count--) {
      const filter = this.#random.pick(filters);
      if (!shared && filter.startsWith("$share")) continue;
      await client.subscribeAsync(filter, { qos: this.#random.pick([0, 1, 2] as const) });
      if (this.#random.below(4) === 0) await client.unsubscribeAsync(filter);
    }
    for (let count = this.#random.below(12); count > 0 && client.connected; count--) {
      this.published++;
      const qos = this.#random.pick([0, 0, 1, 2] as const);
      const topic = `churn/${this.#random.below(10)}/${this.#random.below(10)}`;
      const sent = client.publishAsync(topic, Buffer.alloc(this.#random.below(500), "x"), { qos });
      if (this.#random.below(3) > 0) await sent;
      else sent.catch(() => undefined);
    }
    const kept = `kept/${this.#random.below(retainedTopics)}`;
    const payload = this.#random.below(3) === 0 ? "" : "kept ".repeat(this.#random.below(40) + 1);
    await client.publishAsync(kept, payload, { retain: true, qos: this.#random.pick([0, 1] as const) });
    await Bun.sleep(this.#random.below(600));
  }

  async #disconnect(client: MqttClient, index: number): Promise<void> {
    switch (this.#random.below(4)) {
      case 0:
        await client.endAsync();
        return;
      case 1:
        client.stream.destroy();
        break;
      case 2: {
        // Another client takes its identifier over, and then disconnects normally.
        const { clientId = `churn-${index}` } = client.options;
        const other = await connectAsync(`mqtt://127.0.0.1:${this.#port}`, { clientId, reconnectPeriod: 0 });
        await other.endAsync();
        break;
      }
      default:
        await Promise.race([client.endAsync(), Bun.sleep(1000)]);
    }
    client.end(true);
  }

  async #clearRetained(): Promise<void> {
    const client = await connectAsync(`mqtt://127.0.0.1:${this.#port}`);
    for (let topic = 0; topic < retainedTopics; topic++)
      client.publish(`kept/${topic}`, "", { retain: true, qos: 0 });
    await client.publishAsync("churn/end", "", { qos: 1 });
    await client.endAsync();
  }
}
