import { connect, type MqttClient } from "mqtt";

const options = {
  protocolVersion: 5,
  reconnectPeriod: 0,
  properties: { sessionExpiryInterval: 3600 },
} as const;

/**
 * In each life of the broker retains a number that grows, and leaves a will whose text is the number of the life. After
 * the broker has come back it looks whether both are there.
 */
export class Witness {
  readonly faults: string[] = [];
  readonly #url: string;
  /** The last number that was acknowledged, and the last that was sent. */
  #acknowledged = 0;
  #sent = 0;
  #life = 0;
  #clients: MqttClient[] = [];
  #isOver = true;

  constructor(port: number) {
    this.#url = `mqtt://127.0.0.1:${port}`;
  }

  /** The broker is there. */
  async begin(): Promise<void> {
    const wills: string[] = [];
    let retained: string | undefined;
    // What waits for it comes right behind CONNACK.
    const reader = await this.#connect("reader", {}, (topic, payload, isRetained) => {
      if (topic === "witness/will") wills.push(payload);
      else if (isRetained) retained = payload;
    });
    await reader.subscribeAsync(["witness/will", "witness/retained"], { qos: 1 });
    await Bun.sleep(50);
    this.#check(retained, wills);
    this.#life++;
    const will = { topic: "witness/will", payload: Buffer.from(String(this.#life)), qos: 1 as const };
    const writer = await this.#connect("writer", { will });
    this.#isOver = false;
    void this.#retain(writer);
  }

  async #connect(
    clientId: string,
    more: object,
    onMessage: (topic: string, payload: string, isRetained: boolean) => void = () => {},
  ): Promise<MqttClient> {
    const client = connect(this.#url, { ...options, clientId, clean: false, ...more });
    client.on("message", (topic, payload, { retain }) => onMessage(topic, payload.toString(), retain));
    client.on("error", () => {});
    this.#clients.push(client);
    await new Promise<void>((resolve) => client.once("connect", () => resolve()));
    return client;
  }

  #check(retained: string | undefined, wills: readonly string[]): void {
    if (this.#life === 0) return;
    const value = Number(retained ?? 0);
    if (value < this.#acknowledged || value > this.#sent) {
      this.faults.push(
        `the retained value is ${value}: ${this.#acknowledged} was acknowledged last, ${this.#sent} sent last`,
      );
    }
    if (!wills.includes(String(this.#life))) {
      this.faults.push(
        `the will of life ${this.#life} was not published, only ${wills.join(", ") || "none"}`,
      );
    }
  }

  async #retain(writer: MqttClient): Promise<void> {
    while (!this.#isOver) {
      const number = ++this.#sent;
      try {
        await writer.publishAsync("witness/retained", String(number), { qos: 1, retain: true });
        this.#acknowledged = number;
      } catch {
        return;
      }
      await Bun.sleep(2);
    }
  }

  /** The broker is to be killed now. */
  end(): void {
    this.#isOver = true;
  }

  /** The broker is gone. */
  async forget(): Promise<void> {
    const clients = this.#clients;
    this.#clients = [];
    for (const client of clients) client.end(true);
  }
}
