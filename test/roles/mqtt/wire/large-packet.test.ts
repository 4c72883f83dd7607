import { describe, expect, onTestFinished, test } from "bun:test";
import net from "node:net";
import { decode } from "../../../../src/protocol/mqtt/decode.ts";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import type { Packet, Publish, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import { Random } from "../../../support/random.ts";
import { startRole } from "../../../support/start-role.ts";
import { until } from "../../../support/until.ts";

const MiB = 1024 * 1024;
const random = new Random(7);
const kilobytes = Array.from({ length: 16 }, () => random.bytes(1024));

/** Bytes without short repetitions, generated faster than one by one. */
function payloadOf(size: number, seed: number): Buffer {
  const payload = Buffer.alloc(size, kilobytes[seed % 16]);
  for (let at = 0; at + 8 <= size; at += 1000) payload.writeDoubleLE(at + seed, at);
  return payload;
}

const hashOf = (payload: Uint8Array): string => Bun.SHA256.hash(payload, "hex");

/** A client that can stop reading, and collects chunks of any size without copying them each time. */
class Client {
  readonly #socket: net.Socket;
  readonly #chunks: Buffer[] = [];
  readonly #packets: Packet[] = [];
  #needed = 1;
  received = 0;

  constructor(
    port: number,
    readonly version: Version,
    clientId: string,
    sessionExpiryInterval = 0,
  ) {
    this.#socket = net.connect({ port, host: "127.0.0.1" });
    this.#socket.on("data", (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.received += chunk.length;
    });
    this.#socket.on("error", () => {});
    onTestFinished(() => void this.#socket.destroy());
    const properties = version === 5 ? { sessionExpiryInterval } : {};
    const cleanStart = sessionExpiryInterval === 0;
    this.send({ type: "connect", version, clientId, cleanStart, keepAlive: 0, properties });
  }

  send(packet: Packet): void {
    this.#socket.write(encode(packet));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  subscribe(filter: string, qos: 0 | 1): void {
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
    const subscriptions = [{ filter, qos, ...options }];
    this.send({ type: "subscribe", version: this.version, packetId: 1, subscriptions, properties: {} });
  }

  publish(topic: string, payload: Uint8Array, more: Partial<Publish> = {}): void {
    const flags = { dup: false, qos: 0 as const, retain: false, properties: {} };
    this.send({ type: "publish", version: this.version, topic, payload, ...flags, ...more });
  }

  /** The complete packets received so far. */
  packets(): readonly Packet[] {
    // Many megabytes: put together only when the packet that has begun is complete.
    if (this.received < this.#needed) return this.#packets;
    const bytes = Buffer.concat(this.#chunks);
    const frame = new Frame();
    let at = 0;
    let isBegun = frame.read(bytes, at, bytes.length);
    while (isBegun && frame.end <= bytes.length) {
      this.#packets.push(decode(bytes, this.version, at, frame.end));
      at = frame.end;
      isBegun = frame.read(bytes, at, bytes.length);
    }
    this.#chunks.splice(0, this.#chunks.length, bytes.subarray(at));
    this.#needed = this.received - bytes.length + (isBegun ? frame.end : bytes.length + 1);
    return this.#packets;
  }

  has(count: number, type: Packet["type"]): Promise<void> {
    return until(() => this.packets().filter((packet) => packet.type === type).length >= count);
  }

  hashes(): string[] {
    return this.packets().flatMap((packet) => (packet.type === "publish" ? [hashOf(packet.payload)] : []));
  }
}

const limits = {
  maxPacketSize: "40MiB",
  sendBuffer: "80MiB",
  maxSendBuffers: "400MiB",
  maxQueuedBytes: "200MiB",
  sysInterval: 0,
};

describe.each([4, 5] as const)("version %d", (version) => {
  for (const qos of [0, 1] as const) {
    test(`a payload of 32 MiB at QoS ${qos} reaches a quick and a slow subscriber unchanged`, async () => {
      const { port } = await startRole(mqtt, limits);
      const [quick, slow] = [new Client(port, version, "quick"), new Client(port, version, "slow")];
      for (const client of [quick, slow]) {
        client.subscribe("a", qos);
        await client.has(1, "suback");
      }
      slow.pause();
      const publisher = new Client(port, version, "publisher");
      const payloads = [
        payloadOf(32 * MiB, 1),
        payloadOf(3 * MiB + 7, 2),
        payloadOf(200_000, 3),
        payloadOf(100, 4),
      ];
      payloads.forEach((payload, index) => {
        publisher.publish("a", payload, { qos, ...(qos > 0 && { packetId: index + 1 }) });
      });
      await quick.has(payloads.length, "publish");
      expect(quick.hashes()).toEqual(payloads.map(hashOf));
      // Other large packets are allocated and freed while the first ones still wait for the slow subscriber.
      for (let index = 0; index < 20; index++) publisher.publish("b", payloadOf(MiB, index + 5));
      if (qos > 0) await publisher.has(payloads.length, "puback");
      slow.resume();
      await slow.has(payloads.length, "publish");
      expect(slow.hashes()).toEqual(payloads.map(hashOf));
    }, 60_000);
  }
});

test("subscribers of different versions, QoS and properties share a large payload, each with its own header", async () => {
  const { port } = await startRole(mqtt, limits);
  const clients = [
    { client: new Client(port, 4, "four"), qos: 0 as const },
    { client: new Client(port, 4, "four at QoS 1"), qos: 1 as const },
    { client: new Client(port, 5, "five"), qos: 0 as const },
    { client: new Client(port, 5, "five at QoS 1"), qos: 1 as const },
  ];
  for (const { client, qos } of clients) {
    client.subscribe("a", qos);
    await client.has(1, "suback");
  }
  const publisher = new Client(port, 5, "publisher");
  const payload = payloadOf(2 * MiB, 1);
  const properties = { messageExpiryInterval: 60, contentType: "x/y", userProperties: [["k", "v"]] as const };
  publisher.publish("a", payload, {
    qos: 1,
    packetId: 9,
    properties: { ...properties, userProperties: [["k", "v"]] },
  });
  for (const { client, qos } of clients) {
    await client.has(1, "publish");
    const message = client.packets().find((packet) => packet.type === "publish");
    if (message?.type !== "publish") throw new Error("no PUBLISH was received");
    expect(hashOf(message.payload)).toBe(hashOf(payload));
    expect([message.topic, message.qos]).toEqual(["a", qos]);
    if (client.version === 5) expect(message.properties).toMatchObject(properties);
  }
});

test("a large payload that is retained, queued or in flight outlives its connection and later payloads", async () => {
  const { port } = await startRole(mqtt, limits);
  const offline = new Client(port, 5, "offline", 600);
  offline.subscribe("a", 1);
  await offline.has(1, "suback");
  const online = new Client(port, 5, "online", 600);
  online.subscribe("a", 1);
  await online.has(1, "suback");
  offline.destroy();
  const publisher = new Client(port, 5, "publisher");
  const payload = payloadOf(5 * MiB, 1);
  publisher.publish("a", payload, { qos: 1, packetId: 1, retain: true });
  await publisher.has(1, "puback");
  await online.has(1, "publish"); // it is not acknowledged
  online.destroy();
  for (let index = 0; index < 20; index++) publisher.publish("b", payloadOf(5 * MiB, index + 2));
  publisher.publish("b", payloadOf(5 * MiB, 40), { qos: 1, packetId: 2 });
  await publisher.has(2, "puback");
  publisher.destroy();
  for (const name of ["offline", "online"]) {
    const again = new Client(port, 5, name, 600);
    await again.has(1, "publish");
    expect(again.hashes()).toEqual([hashOf(payload)]);
  }
  const newcomer = new Client(port, 4, "newcomer");
  newcomer.subscribe("a", 0);
  await newcomer.has(1, "publish");
  expect(newcomer.hashes()).toEqual([hashOf(payload)]);
}, 30_000);
