import type { Version } from "../../src/protocol/mqtt/packet.ts";
import { SocketClient } from "../roles/mqtt/conformance/socket-client.ts";

/** So many messages may be on their way. */
const maxOnTheirWay = 400;

/** A publisher and a subscriber with sessions that last: messages at QoS 1 and 2, numbered for each topic. */
export class Pair {
  readonly #publisher: SocketClient;
  readonly #subscriber: SocketClient;
  readonly #sent: string[] = [];
  readonly #name: string;

  constructor(port: number, number: number) {
    const version = ([3, 4, 5] as const)[number % 3] as Version;
    this.#name = `pair-${number}`;
    this.#publisher = new SocketClient(port, `${this.#name}-publisher`, version, 6, 20);
    this.#subscriber = new SocketClient(port, `${this.#name}-subscriber`, version, 6, 20);
    this.#subscriber.subscribe(`${this.#name}/#`);
  }

  get isSubscribed(): boolean {
    return this.#subscriber.isSubscribed;
  }

  get sent(): number {
    return this.#sent.length;
  }

  /** Messages that have arrived, repeated ones at QoS 1 not counted. */
  get delivered(): number {
    return new Set(this.#subscriber.delivered).size;
  }

  publish(count: number): void {
    for (let index = 0; index < count; index++) {
      if (this.#sent.length - this.#subscriber.delivered.length > maxOnTheirWay) return;
      const qos = this.#sent.length % 2 === 0 ? 1 : 2;
      const topic = `${this.#name}/${qos}`;
      const text = String(this.#sent.length);
      this.#sent.push(`${topic}: ${text}`);
      this.#publisher.publish(topic, text, qos);
    }
  }

  takeOver(): void {
    this.#subscriber.takeOver();
  }

  get isQuiet(): boolean {
    return this.#publisher.isIdle && this.delivered >= this.#sent.length;
  }

  /** What is wrong: nothing may be missing, at QoS 2 nothing come twice, and the order is the publisher's. */
  faults(): string[] {
    const faults = [...this.#publisher.complaints, ...this.#subscriber.complaints];
    for (const qos of [1, 2]) {
      const topic = `${this.#name}/${qos}:`;
      const sent = this.#sent.filter((one) => one.startsWith(topic));
      const arrived = this.#subscriber.delivered.filter((one) => one.startsWith(topic));
      const once = qos === 2 ? arrived : [...new Set(arrived)];
      const wrong = sent.findIndex((one, index) => once[index] !== one);
      if (wrong >= 0)
        faults.push(`${sent[wrong]} was sent, and ${once[wrong] ?? "nothing"} arrived in its place`);
      else if (once.length > sent.length) faults.push(`${once[sent.length]} arrived once more`);
    }
    return faults.map((fault) => `${this.#name}: ${fault}`);
  }

  stop(): void {
    this.#publisher.stop();
    this.#subscriber.stop();
  }
}
