import { describe, expect, test } from "bun:test";
import { mqtt } from "../../../src/roles/mqtt/index.ts";
import { golden } from "../../support/golden.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rejects } from "../../support/rejects.ts";
import { startRole } from "../../support/start-role.ts";
import { maxWait, until } from "../../support/until.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

const connect = hex("10 0c 0004 4d515454 04 02 003c 0000");
const connack = "20020000";
/** To the topic `a` at QoS 0. */
const subscribe = hex("82 06 0001 0001 61 00");
const suback = "9003000100";
/** `hi` to the topic `a`. */
const publish = hex("30 05 0001 61 6869");

async function connected(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  client.write(connect);
  expect((await client.bytes(4)).toString("hex")).toBe(connack);
  return client;
}

async function subscribed(port: number): Promise<RawClient> {
  const client = await connected(port);
  client.write(subscribe);
  expect((await client.bytes(5)).toString("hex")).toBe(suback);
  return client;
}

test("the recorded conversation of the original demo is reproduced byte for byte", async () => {
  const { port } = await startRole(mqtt);
  const transcript = golden("mqtt_pubsub_paho161").connections.map((events) => {
    const from = (who: string) =>
      events.flatMap((each) => (each.kind === "bytes" && each.from === who ? [each.bytes] : []));
    return { client: from("client"), server: Buffer.concat(from("server")) };
  });
  const [subscribing, publishing] = transcript;
  const [opening, request, disconnect] = subscribing?.client ?? [];
  if (!opening || !request || !disconnect || !publishing) throw new Error("the transcript is another one");
  const subscriber = await RawClient.connect(port);
  subscriber.write(Buffer.concat([opening, request]));
  const connackAndSuback = subscribing?.server.subarray(0, 9);
  expect(await subscriber.bytes(9)).toEqual(Buffer.from(connackAndSuback ?? []));
  const publisher = await RawClient.connect(port);
  for (const bytes of publishing.client) publisher.write(bytes);
  expect(await publisher.all()).toEqual(publishing.server);
  const rest = subscribing?.server.subarray(9) ?? Buffer.alloc(0);
  expect(await subscriber.bytes(rest.length)).toEqual(Buffer.from(rest));
  subscriber.write(disconnect);
  expect(await subscriber.all()).toHaveLength(0);
});

describe("the service", () => {
  test("reports its counters", async () => {
    const { port, service } = await startRole(mqtt);
    const client = await connected(port);
    expect(service.stats()).toMatchObject({ connections: 1, sessions: 1, messages_received_total: 0 });
    expect(service.clients?.()).toHaveLength(1);
    client.reset();
    await until(() => service.stats().connections === 0);
    expect(service.stats()).toMatchObject({ sessions: 0, connections_total: 1 });
  });

  test("has an example command that subscribes to it", async () => {
    const publishing = { publish: [{ topic: "sister/temp", message: "x" }] };
    const { service, port } = await startRole(mqtt, publishing);
    const example = mqtt.example?.(mqtt.config.parse(publishing), service.addresses);
    expect(example).toBe(`distcli mqtt sub 127.0.0.1 -p ${port} -t 'sister/#'`);
  });

  test("a built-in publisher reaches a subscriber at once", async () => {
    const { port } = await startRole(mqtt, { publish: [{ topic: "a", message: "hi", every: "20ms" }] });
    const client = await subscribed(port);
    expect(await client.bytes(14)).toEqual(Buffer.concat([publish, publish]));
  });

  test("does not start on a port in use, and leaves nothing behind", async () => {
    const { port } = await startRole(mqtt);
    await rejects(startRole(mqtt, { port }), String(port));
  });

  test("closes its clients when it stops, and may be stopped twice", async () => {
    const { port, service } = await startRole(mqtt);
    const client = await connected(port);
    const stopped = service.stop(AbortSignal.timeout(maxWait));
    expect(await client.all()).toHaveLength(0);
    client.end();
    await stopped;
    await service.stop(AbortSignal.timeout(maxWait));
  });

  test("two services run side by side, independently", async () => {
    const one = await startRole(mqtt);
    const two = await startRole(mqtt);
    const other = await subscribed(two.port);
    const client = await subscribed(one.port);
    client.write(publish);
    expect(await client.bytes(7)).toEqual(publish);
    expect(two.service.stats()).toMatchObject({ messages_received_total: 0, messages_sent_total: 0 });
    expect(other.received).toHaveLength(0);
  });

  test("serves other clients during garbage, partial packets and resets", async () => {
    const { port, service } = await startRole(mqtt, { connectTimeout: "5s" });
    const healthy = await subscribed(port);
    const faulty: RawClient[] = [];
    for (let round = 0; round < 60; round++) {
      const client = await RawClient.connect(port);
      const noise = crypto.getRandomValues(new Uint8Array(1 + round * 97));
      if (round % 3 === 0) client.write(noise);
      else if (round % 3 === 1) client.write(connect.subarray(0, 2 + (round % 10)));
      else client.write(Buffer.concat([connect, noise]));
      if (round % 2 === 0) client.reset();
      else faulty.push(client);
    }
    const publisher = await connected(port);
    publisher.write(publish);
    expect(await healthy.bytes(7)).toEqual(publish);
    for (const client of faulty) client.reset();
    await until(() => service.stats().connections === 2);
  });

  test("2,000 simultaneous clients each receive the message", async () => {
    const { port, service } = await startRole(mqtt);
    const clients = await Promise.all(Array.from({ length: 2000 }, () => subscribed(port)));
    expect(service.stats()).toMatchObject({ connections: 2000, sessions: 2000, subscriptions: 2000 });
    clients[0]?.write(publish);
    for (const client of clients) expect(await client.bytes(7)).toEqual(publish);
    expect(service.stats()).toMatchObject({ messages_received_total: 1, messages_sent_total: 2000 });
  });
});
