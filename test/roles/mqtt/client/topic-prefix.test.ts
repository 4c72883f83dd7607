import { describe, expect, onTestFinished, test } from "bun:test";
import mqttJs, { type IConnackPacket } from "mqtt";
import type { TrafficEvent } from "../../../../src/core/traffic.ts";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import type { Connect, Packet, Publish, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import { accessOf } from "../../../../src/roles/mqtt/users/access.ts";
import { accessOfListeners } from "../../../../src/roles/mqtt/users/listener-access.ts";
import { needs, testWith } from "../../../support/needs.ts";
import { output, Program } from "../../../support/program.ts";
import { scratchFolder } from "../../../support/scratch.ts";
import { seenTraffic } from "../../../support/seen-traffic.ts";
import { startRole } from "../../../support/start-role.ts";
import { until } from "../../../support/until.ts";
import { TestBroker, type TestBrokerOptions, type TestClient } from "../support/test-broker.ts";

/** A broker with a listener for each prefix; "" has none. */
class Listeners extends TestBroker {
  /** A client that has sent nothing yet, at a listener with this prefix. */
  at(topicPrefix: string, version: Version = 4): TestClient {
    const config = mqttConfig.parse({ topicPrefix });
    const [listenerAccess] = accessOfListeners(config);
    return this.open(version, { ...this.broker.config, ...(listenerAccess && { listenerAccess }) });
  }

  /** The same, let in. */
  in(topicPrefix: string, clientId: string, version: Version = 4, more: Partial<Connect> = {}): TestClient {
    const client = this.at(topicPrefix, version);
    client.connect(clientId, more);
    expect(client.next("connack").reasonCode).toBe(0);
    return client;
  }
}

const versions: Version[] = [3, 4, 5];
const bytes = (text: string) => new TextEncoder().encode(text);

/** Retained messages follow the SUBACK at once. */
function subscribeAll(client: TestClient): void {
  const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
  const subscriptions = [{ filter: "#", qos: 1 as const, ...options }];
  client.send({ type: "subscribe", version: client.version, packetId: 9, subscriptions, properties: {} });
}

describe.each(versions)("a client of a listener with a topic prefix (protocol level %d)", (version) => {
  test("publishes below it, and receives what is below it, without seeing it", () => {
    const broker = new Listeners();
    const outside = broker.in("", "outside");
    const [ani, budi] = [broker.in("kelas/ani/", "a", version), broker.in("kelas/ani/", "b", version)];
    const other = broker.in("kelas/other/", "c", version);
    outside.subscribe("#");
    for (const client of [ani, other]) client.subscribe("#");
    for (const qos of [0, 1, 2] as const) {
      budi.publish("suhu", `${qos}`, { qos });
      expect(outside.messages()).toEqual([`kelas/ani/suhu: ${qos}`]);
      expect(ani.messages()).toEqual([`suhu: ${qos}`]);
    }
    outside.publish("kelas/ani/a/b", "from outside");
    outside.publish("suhu", "elsewhere");
    expect(ani.messages()).toEqual(["a/b: from outside"]);
    expect(other.messages()).toEqual([]);
  });

  test("unsubscribes by the filter that it knows", () => {
    const broker = new Listeners();
    const client = broker.in("p/", "a", version);
    client.subscribe("x/+");
    client.publish("x/y", "1");
    expect(client.messages()).toEqual(["x/y: 1"]);
    client.send({ type: "unsubscribe", version, packetId: 1, filters: ["x/+"], properties: {} });
    if (version === 5) expect(client.next("unsuback").reasonCodes).toEqual([0]);
    else client.next("unsuback");
    client.publish("x/y", "2");
    expect(client.messages()).toEqual([]);
  });

  test("has retained messages below it", () => {
    const broker = new Listeners();
    broker.in("", "outside").publish("p/x", "kept", { retain: true, qos: 1 });
    const client = broker.in("p/", "a", version);
    client.publish("y", "mine", { retain: true });
    subscribeAll(client);
    expect(client.messages().sort()).toEqual(["x: kept", "y: mine"]);
    client.publish("x", "", { retain: true });
    client.take();
    const later = broker.in("", "later");
    subscribeAll(later);
    expect(later.messages()).toEqual(["p/y: mine"]);
  });

  test("has its will below it", () => {
    const broker = new Listeners();
    const [inside, outside] = [broker.in("p/", "in", version), broker.in("", "out")];
    for (const client of [inside, outside]) client.subscribe("#");
    const will = { topic: "gone", payload: bytes("x"), qos: 0 as const, retain: false, properties: {} };
    broker.in("p/", "a", version, { will }).cut();
    expect(inside.messages()).toEqual(["gone: x"]);
    expect(outside.messages()).toEqual(["p/gone: x"]);
  });

  test("shares subscriptions with those that have the same prefix", () => {
    const broker = new Listeners();
    const members = ["a", "b"].map((id) => broker.in("p/", id, version));
    const [elsewhere, publisher] = [broker.in("q/", "c", version), broker.in("p/", "d", version)];
    for (const member of [...members, elsewhere]) member.subscribe("$share/g/x/#");
    for (let count = 0; count < 4; count++) publisher.publish("x/y", `${count}`);
    const received = members.map((member) => member.messages());
    expect(received.flat().sort()).toEqual(["x/y: 0", "x/y: 1", "x/y: 2", "x/y: 3"]);
    expect(received.map(({ length }) => length)).toEqual([2, 2]);
    expect(elsewhere.messages()).toEqual([]);
  });

  test("reaches no topic that begins with $ for it, and no level above", () => {
    const broker = new Listeners();
    const outside = broker.in("", "outside");
    const client = broker.in("p/", "a", version);
    const refused = version === 5 ? Reason.NotAuthorized : 0x80;
    for (const filter of ["$SYS/#", "$SYS/broker/uptime", "$x/y"])
      expect(client.subscribe(filter)).toMatchObject({ reasonCodes: [refused] });
    client.subscribe("#");
    client.subscribe("+/y");
    for (const topic of ["p", "p/$SYS/y", "p/$x/y", "$SYS/broker/version", "px/y", "p/x/y"])
      outside.publish(topic, "1");
    expect(client.messages()).toEqual(["x/y: 1"]);
    outside.subscribe("#");
    client.publish("$SYS/y", "refused");
    client.publish("$x", "refused");
    expect(outside.messages()).toEqual([]);
  });

  test("is named in the prefix by its client identifier and its user name", () => {
    const users = [{ name: "ani", password: "x" }];
    const broker = new Listeners({}, { access: accessOf({ users }) });
    const password = bytes("x");
    const outside = broker.in("", "o", 4, { username: "ani", password });
    outside.subscribe("#");
    const client = broker.at("kelas/%u/%c/", version);
    client.connect("c1", { username: "ani", password });
    expect(client.next("connack").reasonCode).toBe(0);
    client.publish("x", "1");
    expect(outside.messages()).toEqual(["kelas/ani/c1/x: 1"]);
  });

  test.each(["a/b", "a+", "#"])("cannot come in where %p would stand in its prefix", (clientId) => {
    const broker = new Listeners();
    const client = broker.at("kelas/%c/", version);
    client.connect(clientId);
    expect(client.next("connack").reasonCode).toBe(version === 5 ? Reason.NotAuthorized : 5);
    const system = broker.at("%c/", version);
    system.connect("$SYS");
    expect(system.next("connack").reasonCode).toBe(version === 5 ? Reason.NotAuthorized : 5);
  });

  test("goes on with its session at a listener with the same prefix, and begins anew at another", () => {
    const broker = new Listeners();
    const persistent: Partial<Connect> =
      version === 5
        ? { cleanStart: false, properties: { sessionExpiryInterval: 100 } }
        : { cleanStart: false };
    const outside = broker.in("", "outside");
    broker.in("p/", "a", version, persistent).subscribe("#", 1);
    const moved = broker.at("p/", version);
    moved.connect("a", persistent);
    // MQTT 3.1 does not say so.
    expect(moved.next("connack").sessionPresent).toBe(version !== 3);
    moved.cut();
    outside.publish("p/x", "queued", { qos: 1 });
    const elsewhere = broker.at("", version);
    elsewhere.connect("a", persistent);
    // Neither the subscription nor the message is there.
    expect(elsewhere.next("connack").sessionPresent).toBe(false);
    outside.publish("p/x", "1", { qos: 1 });
    expect(elsewhere.messages()).toEqual([]);
    const back = broker.at("p/", version);
    back.connect("a", persistent);
    expect(elsewhere.state).toBe("ended");
    expect(back.next("connack").sessionPresent).toBe(false);
  });

  test("gets what was queued, and what it had not acknowledged, without the prefix", () => {
    const broker = new Listeners();
    const persistent: Partial<Connect> =
      version === 5
        ? { cleanStart: false, properties: { sessionExpiryInterval: 100 } }
        : { cleanStart: false };
    const outside = broker.in("", "outside");
    const client = broker.in("kelas/", "a", version, persistent);
    client.subscribe("#", 2);
    outside.publish("kelas/sent", "1", { qos: 1 });
    expect(client.messages()).toEqual(["sent: 1"]);
    client.cut();
    outside.publish("kelas/queued", "2", { qos: 2 });
    const back = broker.at("kelas/", version);
    back.connect("a", persistent);
    expect(back.messages()).toEqual(["sent: 1", "queued: 2"]);
  });

  test("is a client like any other: random work looks the same with and without a prefix", () => {
    for (let seed = 1; seed <= 40; seed++) expectAlike(version, seed);
  });
});

/** What two clients of a broker receive while they do the same at a listener with a prefix, and at one without. */
function expectAlike(version: Version, seed: number): void {
  let state = seed;
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const choose = <T>(list: readonly T[]): T => list[random(list.length)]!;
  const settings = { maxTopicAliasesOut: 0, maxTopicLength: 65_535 };
  const [plain, prefixed] = [new Listeners(settings), new Listeners(settings)];
  const prefix = choose(["p/", "kelas/%c-x/", `${"y".repeat(130)}/`]).replace("%c", "ani");
  const limit = choose([undefined, 60, 131]);
  const properties = version === 5 && limit !== undefined ? { maximumPacketSize: limit } : {};
  const pairs = ["a", "b"].map((id) => [
    plain.in("", id, version, { properties }),
    prefixed.in(prefix, id, version, { properties }),
  ]);
  const topics = ["x", "x/y", "a/b/c", "é", `${"z".repeat(123)}`];
  const sizes = [0, 1, 40, 100, 120, 127, 128, 5000, 16_300, 140_000];
  for (let step = 0; step < 30; step++) {
    const pair = choose(pairs);
    const packets = work();
    const cut = random(3) === 0 ? random(20) : 0;
    const encoded = packets.map((packet) => encode(packet));
    const all = Buffer.concat(encoded);
    // Of long ones fewer are published at a time where they are copied.
    const chunks = all.length > 8000 ? encoded : [all.subarray(0, cut), all.subarray(cut)];
    for (const client of pair!) for (const chunk of chunks) client.sendBytes(chunk);
    // Acknowledgements may come sooner than what was published.
    for (const [one, other] of pairs) expect(byKind(other!.take())).toEqual(byKind(one!.take()));
  }

  function byKind(packets: Packet[]): Packet[][] {
    const isMessage = ({ type }: Packet) => type === "publish";
    return [packets.filter(isMessage), packets.filter((packet) => !isMessage(packet))];
  }

  function work(): Packet[] {
    const packetId = 1 + random(5);
    const filter = choose(["#", "x/#", "+", "a/+/c", "$share/g/x/#", "$share/g/#", ...topics]);
    const options = { noLocal: false, retainAsPublished: random(2) === 0, retainHandling: 0 as const };
    switch (random(4)) {
      case 0: {
        const qos = choose([0, 1, 2] as const);
        const subscriptions = [{ filter, qos, ...options, ...(version < 5 && { retainAsPublished: false }) }];
        return [{ type: "subscribe", version, packetId, subscriptions, properties: {} }];
      }
      case 1:
        return [{ type: "unsubscribe", version, packetId, filters: [filter], properties: {} }];
      default: {
        const topic = choose(topics);
        const payload = new Uint8Array(choose(sizes)).fill(7);
        const qos = choose([0, 0, 1, 2] as const);
        const retain = random(4) === 0;
        const userProperties: [string, string][] = [["k", "v"]];
        const properties = version === 5 && random(3) === 0 ? { userProperties } : {};
        return Array.from({ length: 1 + random(6) }, (_, index) => ({
          type: "publish" as const,
          ...{ version, topic, payload, qos, retain, dup: false, properties },
          ...(qos > 0 && { packetId: 10 + step(index) }),
        }));
      }
    }
  }

  function step(index: number): number {
    return random(20_000) * 3 + index;
  }
}

describe("with MQTT 5", () => {
  test("a client's topic aliases stand for topics below the prefix; none are assigned to it", () => {
    const broker = new Listeners();
    const outside = broker.in("", "outside");
    outside.subscribe("#");
    const client = broker.in("p/", "a", 5, { properties: { topicAliasMaximum: 10 } });
    client.subscribe("#");
    client.publish("long/enough", "1", { properties: { topicAlias: 1 } });
    client.publish("", "2", { properties: { topicAlias: 1 } });
    client.publish("", "3", { properties: { topicAlias: 1 } });
    expect(outside.messages()).toEqual(["1", "2", "3"].map((n) => `p/long/enough: ${n}`));
    const received = client.take();
    expect(received.map((packet) => packet.type === "publish" && packet.properties.topicAlias)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test("reasons name topics as the client knows them", () => {
    const broker = new Listeners({}, { permissions: { reach: () => "none", mayPublish: () => false } });
    const client = broker.in("secret/", "a", 5);
    const suback = client.subscribe("x");
    expect(suback).toMatchObject({
      properties: { reasonString: 'the client may not receive anything that "x" matches' },
    });
    const will = { topic: "w", payload: bytes("x"), qos: 0 as const, retain: false, properties: {} };
    const refused = broker.at("secret/", 5);
    refused.connect("b", { will });
    expect(refused.next("connack").properties.reasonString).toBe('the client may not publish to "w"');
    client.publish("bad/+", "x");
    const [disconnect] = client.take();
    expect(JSON.stringify(disconnect)).not.toContain("secret");
    expect(client.state).toBe("ended");
  });

  test("a topic that is too long with its prefix is refused, and disconnects nobody else", () => {
    const broker = new Listeners({ maxTopicLength: 65_535 });
    const client = broker.in("p/", "a", 5);
    client.publish("x".repeat(65_535), "1");
    expect(client.next("disconnect").reasonCode).toBe(Reason.TopicNameInvalid);
  });
});

describe("a PUBLISH that is wrong, or written in an unusual way, has the same end with and without a prefix", () => {
  const cases: [what: string, versions: Version[], packet: number[]][] = [
    ["is empty", versions, [0x30, 0]],
    ["ends within its topic's length", versions, [0x30, 1, 0]],
    ["ends within its topic", versions, [0x30, 3, 0, 9, 0x78]],
    ["has an empty topic", versions, [0x30, 3, 0, 0, 0]],
    ["has a wildcard", versions, [0x30, 4, 0, 1, 0x23, 0]],
    ["has no UTF-8", versions, [0x30, 4, 0, 1, 0xff, 0]],
    ["has the character U+0000", versions, [0x30, 4, 0, 1, 0, 0]],
    ["has both QoS bits set", versions, [0x36, 6, 0, 1, 0x78, 0, 1, 0]],
    ["has the packet identifier 0", versions, [0x32, 6, 0, 1, 0x78, 0, 0, 0]],
    ["has DUP at QoS 0", versions, [0x38, 4, 0, 1, 0x78, 0]],
    ["has an overlong length", versions, [0x30, 0x84, 0x00, 0, 1, 0x78, 0]],
    ["has a topic alias of 0", [5], [0x30, 7, 0, 1, 0x78, 3, 0x23, 0, 0]],
    ["has an unknown topic alias", [5], [0x30, 6, 0, 0, 3, 0x23, 0, 1]],
    ["has a subscription identifier", [5], [0x30, 6, 0, 1, 0x78, 2, 0x0b, 1]],
  ];
  test.each(cases)("one that %s", (_, tried, packet) => {
    for (const version of tried) {
      const [plain, prefixed] = ["", "p/"].map((prefix) => {
        const broker = new Listeners();
        const [client, other] = [broker.in(prefix, "a", version), broker.in(prefix, "b", version)];
        other!.subscribe("#");
        client!.sendBytes(Uint8Array.from(packet));
        return { packets: client!.take(), state: client!.state, received: other!.take() };
      });
      expect(prefixed).toEqual(plain!);
    }
  });
});

describe("PUBLISHes alike that come together", () => {
  /** What they lead to when a client sends them at a listener with this prefix: for everybody, and for observers. */
  function outcome(
    prefix: string,
    version: Version,
    packets: readonly number[][],
    settings: Record<string, unknown>,
    isShown: boolean,
  ) {
    const events: TrafficEvent[] = [];
    const traffic = seenTraffic((event) => void events.push(event));
    const broker = new Listeners(settings, isShown ? { traffic } : {});
    const [client, other] = [broker.in(prefix, "a", version), broker.in(prefix, "b", version)];
    other.subscribe("#", 2);
    events.length = 0;
    client.sendBytes(Uint8Array.from(packets.flat()));
    const { isThrottled } = client.connection;
    const answers = client.take();
    const came = [other.messages()];
    for (const time of [200, 2000, 60_000]) {
      broker.clock.advance(time);
      came.push(other.messages());
    }
    const { received, payloadIn } = broker.broker.counters;
    const counted = { received, payloadIn };
    return { state: client.state, isThrottled, answers, came, counted, shown: shownOf(events) };
  }

  /** The messages of each client, in the order of each, and the bytes that came. */
  function shownOf(events: readonly TrafficEvent[]) {
    const bytes = events.flatMap((event) =>
      event.kind === "bytes" && event.direction === "in" ? [event.bytes] : [],
    );
    const messages = events.filter((event) => event.kind === "message");
    const ofClients = Map.groupBy(messages, ({ direction, fields }) => `${direction} ${fields?.client}`);
    const shown = [...ofClients].map(([of, some]) => [
      of,
      some.map(({ text, stream, number, bytes = [] }) => [
        text,
        stream,
        number,
        Buffer.from(bytes).toString("hex"),
      ]),
    ]);
    return { bytes: Buffer.concat(bytes).toString("hex"), messages: Object.fromEntries(shown) };
  }

  const qos0 = (text: string, topic = "x") => [
    ...[0x30, 3 + topic.length + text.length, 0, topic.length],
    ...Buffer.from(topic),
    0,
    ...Buffer.from(text),
  ];
  const qos = (level: 1 | 2, id: number) => [0x30 + 2 * level, 7, 0, 1, 0x78, 0, id, 0, 0x61];
  const retained = (topic: string) => ["a", "b"].map((text) => [0x31, ...qos0(text, topic).slice(1)]);
  const withProperties = (text: string) => [
    0x30,
    11,
    0,
    1,
    0x78,
    6,
    0x03,
    0,
    3,
    0x61,
    0x2f,
    0x62,
    text.charCodeAt(0),
  ];
  const withAlias = (text: string) => [0x30, 8, 0, 1, 0x78, 3, 0x23, 0, 1, text.charCodeAt(0)];
  const overlong = (text: string) => [0x30, 0x85, 0, 0, 1, 0x78, 0, text.charCodeAt(0)];
  const cases: [what: string, packets: number[][], settings?: Record<string, unknown>][] = [
    ["at QoS 0", [qos0("a"), qos0("b"), qos0("c"), qos0("de"), qos0("fg")]],
    ["of which one has a topic that is wrong", [qos0("a"), qos0("b", "y"), qos0("c", "+"), qos0("d")]],
    ["to a topic as much longer as the payload is shorter", [qos0("ab"), qos0("b", "xy"), qos0("cd")]],
    ["to two topics", [qos0("a"), qos0("b", "y"), qos0("c", "y"), qos0("d")]],
    ["at QoS 1", [qos(1, 1), qos(1, 2), qos(1, 3), qos(1, 3)]],
    ["at QoS 2", [qos(2, 1), qos(2, 2), qos(2, 2), qos(2, 3)]],
    ["of which one has the packet identifier 0", [qos(1, 1), qos(1, 2), qos(1, 0), qos(1, 3)]],
    ["of which one is too many", [qos(2, 1), qos(2, 2), qos(2, 3), qos(2, 4)], { receiveMaximum: 2 }],
    ["of which some have to wait", [qos0("a"), qos0("b"), qos0("c"), qos0("d")], { maxPublishRate: 2 }],
    ["of which some are too large together", [qos(1, 1), qos(1, 2), qos(1, 3)], { maxPublishBytesRate: 8 }],
    ["whose last is not whole", [qos0("a"), qos0("b"), qos0("c").slice(0, 5)]],
    ["that are retained", [...retained("x"), qos0("c"), ...retained("y")]],
    ["that have properties", [withProperties("a"), withProperties("b"), qos0("c")]],
    ["that bring an alias with their topic", [withAlias("a"), withAlias("b")]],
    ["behind another packet", [[0xc0, 0], qos0("a"), qos0("b")]],
    ["whose length is written longer than needed", [overlong("a"), overlong("b"), qos0("c")]],
    ["that are very many", Array.from({ length: 4000 }, (_, index) => qos0(`${index % 10}`))],
    ["that are very many at QoS 1", Array.from({ length: 250 }, (_, index) => qos(1, index + 1))],
  ];
  test.each(cases)(
    "%s lead to the same with and without a prefix, shown or not",
    (_, packets, settings = {}) => {
      for (const version of [4, 5] as const)
        for (const isShown of [false, true])
          expect(outcome("kelas/a/", version, packets, settings, isShown)).toEqual(
            outcome("", version, packets, settings, isShown),
          );
    },
  );
});

/** Each is a publication of its own. */
const apart: [what: string, more: (index: number) => Partial<Publish>][] = [
  ["are retained", () => ({ retain: true })],
  ["have properties", () => ({ properties: { contentType: "a" } })],
  // Every other one is known already, and only acknowledged.
  ["come again", (index) => ({ qos: 2, packetId: index % 2 === 0 ? 1 + index : 1 })],
];
test.each(apart)(
  "a chunk of messages that %s and have very many recipients is handled in slices",
  (_, more) => {
    const broker = new Listeners();
    const subscribers = Array.from({ length: 200 }, (_, index) => broker.in("p/", `${index}`, 5));
    for (const subscriber of subscribers) subscriber.subscribe("t");
    const client = broker.in("p/", "a", 5);
    // Each look at the clock takes a millisecond: about a dozen of them are a slice.
    broker.clock.cost = 1;
    const packets = Array.from({ length: 80 }, (_, index) => client.message("t", "x", more(index)));
    client.connection.feed(Buffer.concat(packets.map((packet) => encode(packet))));
    const { size: length } = new Set(
      packets.map(({ qos, packetId }, index) => (qos === 2 ? packetId : index)),
    );
    const [first] = subscribers;
    broker.broker.flusher.flush();
    expect(first!.messages().length).toBeWithin(1, length / 2);
    broker.clock.settle();
    expect(first!.messages().length).toBeGreaterThan(length / 2);
  },
);

test("a chunk of messages that are refused is handled in slices", () => {
  const broker = new Listeners({}, { permissions: { mayPublish: () => false } });
  const client = broker.in("p/", "a");
  broker.clock.cost = 1;
  client.connection.feed(Buffer.concat(Array.from({ length: 4000 }, () => encode(client.message("t", "x")))));
  expect(broker.broker.counters.received).toBeWithin(1, 2500);
  broker.clock.settle();
  expect(broker.broker.counters.received).toBe(4000);
});

test("rules are about the whole topic", () => {
  const access = accessOf({
    users: [],
    access: [{ publish: ["p/open/#"], subscribe: ["p/open/#", "q/#"] }],
  });
  const broker = new Listeners({}, { access });
  const client = broker.in("p/", "a", 5);
  client.subscribe("#");
  client.publish("open/x", "1", { qos: 1 });
  client.publish("closed/x", "1", { qos: 1 });
  const packets = client.take();
  expect(packets.filter(({ type }) => type === "publish")).toMatchObject([{ topic: "open/x" }]);
  const acknowledged = packets.filter(({ type }) => type === "puback");
  expect(acknowledged).toMatchObject([{ reasonCode: 0 }, { reasonCode: 0x87 }]);
  expect(client.subscribe("q/x")).toMatchObject({ reasonCodes: [0x87] });
});

test("rules that change hold below the prefix, too", () => {
  let isOpen = true;
  const permissions = () => ({
    mayPublish: () => isOpen,
    mayReceive: () => isOpen,
    reach: () => "some" as const,
  });
  const broker = new Listeners({}, { access: { permissionsOf: permissions } });
  const [client, outside] = [broker.in("p/", "a"), broker.in("", "b")];
  client.subscribe("#");
  outside.publish("p/x", "1");
  outside.publish("q/x", "1");
  expect(client.messages()).toEqual(["x: 1"]);
  isOpen = false;
  broker.broker.permissionsChanged();
  isOpen = true;
  broker.broker.permissionsChanged();
  outside.publish("p/x", "2");
  outside.publish("q/x", "2");
  expect(client.messages()).toEqual(["x: 2"]);
});

test("what is shown is what went over the wire", () => {
  const events: TrafficEvent[] = [];
  const options: TestBrokerOptions = { traffic: seenTraffic((event) => void events.push(event)) };
  const broker = new Listeners({}, options);
  const client = broker.in("p/", "a", 5);
  client.subscribe("x/#", 1);
  for (const qos of [0, 1] as const) client.publish("x/y", "halo", { qos });
  const shown = events.filter(({ kind }) => kind === "message");
  const texts = shown.map((event) => ("text" in event ? event.text : ""));
  expect(texts.filter((text) => text.includes("p/"))).toEqual([]);
  const publishes = shown.flatMap((event) =>
    "fields" in event && event.fields?.packet === "PUBLISH"
      ? [[event.direction, event.fields.topic, Buffer.from(event.bytes ?? []).toString("latin1")] as const]
      : [],
  );
  expect(publishes.map(([direction, topic]) => [direction, topic])).toEqual([
    ["in", "x/y"],
    ["out", "x/y"],
    ["in", "x/y"],
    ["out", "x/y"],
  ]);
  for (const [, , packet] of publishes) expect(packet).not.toContain("p/x");
});

test("a broker that starts again has the session below its prefix", async () => {
  const directory = scratchFolder("prefix");
  const start = () =>
    startRole(mqtt, {
      persistence: { directory },
      listeners: [
        { port: 0, topicPrefix: "p/" },
        { port: 0, topicPrefix: "q/" },
      ],
    });
  const dial = async (started: Awaited<ReturnType<typeof start>>, index: number, clientId: string) => {
    const url = `mqtt://127.0.0.1:${started.service.addresses[index]?.port}`;
    const client = mqttJs.connect(url, { reconnectPeriod: 0, clientId, clean: false });
    onTestFinished(() => client.endAsync(true));
    const messages: string[] = [];
    client.on("message", (topic, payload) => messages.push(`${topic} ${payload}`));
    const { sessionPresent } = await new Promise<IConnackPacket>((resolve) =>
      client.once("connect", resolve),
    );
    return { client, messages, sessionPresent };
  };
  const first = await start();
  for (const id of ["a", "b"]) {
    const { client } = await dial(first, 1, id);
    await client.subscribeAsync("#", { qos: 1 });
    await client.endAsync();
  }
  await first.service.stop(AbortSignal.abort());
  const second = await start();
  const outside = await dial(second, 0, "outside");
  for (const topic of ["p/x", "p/$x", "p"]) await outside.client.publishAsync(topic, "1", { qos: 1 });
  const back = await dial(second, 1, "a");
  await until(() => back.messages.length > 0);
  expect(back).toMatchObject({ sessionPresent: true, messages: ["x 1"] });
  expect(await dial(second, 2, "b")).toMatchObject({ sessionPresent: false, messages: [] });
});

testWith(needs.mosquitto)("mosquitto_pub and mosquitto_sub do not see their prefix", async () => {
  const settings = { listeners: [{ port: 0, topicPrefix: "kelas/%c/" }] };
  const { service, port } = await startRole(mqtt, settings);
  const [, further] = service.addresses;
  for (const version of ["mqttv31", "mqttv311", "mqttv5"]) {
    const inside = ["-p", `${further?.port}`, "-i", "ani", "-V", version, "-q", "2"];
    const all = new Program(["mosquitto_sub", "-p", `${port}`, "-t", "#", "-C", "1", "-v"]);
    const own = new Program(["mosquitto_sub", ...inside, "-t", "#", "-C", "1", "-v"]);
    for (const program of [all, own]) onTestFinished(() => program.kill());
    await until(() => service.stats().subscriptions === 2);
    await output(["mosquitto_pub", "-p", `${port}`, "-t", "kelas/ani/suhu", "-m", version, "-q", "2"]);
    expect((await all.outcome()).stdout).toBe(`kelas/ani/suhu ${version}\n`);
    expect((await own.outcome()).stdout).toBe(`suhu ${version}\n`);
    await until(() => service.stats().subscriptions === 0);
    const later = new Program(["mosquitto_sub", "-p", `${port}`, "-t", "#", "-C", "1", "-v"]);
    onTestFinished(() => later.kill());
    await until(() => service.stats().subscriptions === 1);
    await output(["mosquitto_pub", ...inside, "-t", "back", "-m", version]);
    expect((await later.outcome()).stdout).toBe(`kelas/ani/back ${version}\n`);
    await until(() => service.stats().subscriptions === 0);
  }
});

describe("a will below a prefix", () => {
  const leave = (settings: object, topic: string) => {
    const config = mqttConfig.parse({ sysInterval: 0, ...settings });
    const [listenerAccess] = accessOfListeners(config);
    const test = new TestBroker({ sysInterval: 0, ...settings });
    const client = test.open(5, { ...test.broker.config, ...(listenerAccess && { listenerAccess }) });
    const will = { topic, payload: bytes("x"), qos: 0, retain: true, properties: {} } as const;
    client.connect("tamu", { will });
    return { test, client };
  };

  test.each([
    [{ topicPrefix: "a/b/%c/", maxTopicLevels: 4 }, "1/2/3", "has 6 levels"],
    [{ topicPrefix: "a/b/%c/", maxTopicLength: 12 }, "12345678", "maxTopicLength is 12"],
    [
      { topicPrefix: "tamu/%c/", maxTopicLength: 65_535, maxWillSize: "256KiB" },
      "x".repeat(65_530),
      "has 65540 bytes",
    ],
  ])("has to keep the limits as it stands there: %j", (settings, topic, why) => {
    const { test, client } = leave(settings, topic);
    const connack = client.next("connack");
    expect(connack.reasonCode).toBe(Reason.TopicNameInvalid);
    expect(connack.properties.reasonString).toContain(why);
    client.cut();
    expect([test.broker.sessions.size, test.broker.retained.size]).toEqual([0, 0]);
  });
});
