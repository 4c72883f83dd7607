import { expect, test } from "bun:test";
import type { Traffic, TrafficEvent } from "../../../../src/core/traffic.ts";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { packetFields } from "../../../../src/protocol/mqtt/fields.ts";
import type { Packet } from "../../../../src/protocol/mqtt/packet.ts";
import { withoutSecrets } from "../../../../src/protocol/mqtt/redact.ts";
import { seenTraffic } from "../../../support/seen-traffic.ts";
import { TestBroker } from "../support/test-broker.ts";

function observed(): { test: TestBroker; traced: () => string[] } {
  const lines: string[] = [];
  const traffic = seenTraffic(
    (event) => {
      if (event.kind === "message") lines.push(`${event.direction} ${event.text}`);
    },
    ["message"],
  );
  return { test: new TestBroker({}, { traffic }), traced: () => lines.splice(0) };
}

test("an observer gets every packet as text, without passwords", () => {
  const { test, traced } = observed();
  const client = test.connect("a", 5, { username: "u", password: Buffer.from("secret"), keepAlive: 60 });
  client.subscribe("sister/#", 1);
  expect(traced()).toEqual([
    "in CONNECT a MQTT 5.0, clean, keep alive 60 s",
    "out CONNACK success",
    "in SUBSCRIBE sister/# qos 1",
    "out SUBACK qos 1",
  ]);
  client.publish("sister/temp", "Suhu: 28°C", { qos: 1, packetId: 4 });
  expect(traced()).toEqual([
    'in PUBLISH sister/temp qos 1 "Suhu: 28°C"',
    "out PUBACK id 4",
    'out PUBLISH sister/temp qos 1 "Suhu: 28°C"',
  ]);
  client.send({ type: "puback", version: 5, packetId: 1, reasonCode: 0, properties: {} });
  client.send({ type: "pingreq", version: 5 });
  client.send({ type: "disconnect", version: 5, reasonCode: 4, properties: {} });
  expect(traced()).toEqual([
    "in PUBACK id 1",
    "in PINGREQ",
    "out PINGRESP",
    "in DISCONNECT disconnect with will",
  ]);
});

test("each message of a publish run is traced, for each subscriber", () => {
  const { test, traced } = observed();
  for (const name of ["a", "b"]) test.connect(name).subscribe("t");
  const publisher = test.connect("publisher");
  traced();
  publisher.send(publisher.message("t", "one"), publisher.message("t", "two"), publisher.message("t", "six"));
  const lines = traced();
  expect(lines.filter((line) => line.startsWith("in PUBLISH t "))).toEqual([
    'in PUBLISH t "one"',
    'in PUBLISH t "two"',
    'in PUBLISH t "six"',
  ]);
  expect(lines.filter((line) => line.startsWith("out PUBLISH t "))).toHaveLength(6);
});

test("what goes to subscribers of a built-in publisher's topic is marked as scheduled, and nothing else", () => {
  const lines: string[] = [];
  const traffic = seenTraffic(
    (event) => {
      if (event.kind === "message") lines.push(`${event.isScheduled ? "scheduled " : ""}${event.text}`);
    },
    ["message"],
  );
  const publish = [{ topic: "sister/temp", message: "28", every: 1000, qos: 0, retain: false } as const];
  const test = new TestBroker({ publish }, { traffic });
  test.connect("a").subscribe("#");
  const publisher = test.connect("publisher");
  lines.length = 0;
  publisher.publish("sister/temp", "x");
  publisher.publish("other", "x");
  expect(lines).toEqual([
    'PUBLISH sister/temp "x"',
    'scheduled PUBLISH sister/temp "x"',
    'PUBLISH other "x"',
    'PUBLISH other "x"',
  ]);
});

test("client identifiers and topics cannot inject terminal escape sequences", () => {
  const { test, traced } = observed();
  const client = test.connect("evil\u001b[2J", 4);
  client.publish("bad\u001b]0;x\u0007", "x");
  expect(traced().join("\n")).not.toMatch(/[\u001b\u0007]/);
});

/** Every event of these kinds, with bytes that the observer may keep. */
function recorded(...kinds: readonly TrafficEvent["kind"][]) {
  const events: TrafficEvent[] = [];
  const traffic = seenTraffic(
    (event) => events.push("bytes" in event ? { ...event, bytes: Buffer.from(event.bytes ?? []) } : event),
    kinds,
  );
  const messages = () => events.splice(0).filter((event) => event.kind === "message");
  return { test: new TestBroker({}, { traffic }), events, messages };
}

const hex = (packet: Packet): string => Buffer.from(encode(packet)).toString("hex");
const hexOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");

test("each packet is traced with its fields, and its bytes as on the wire", () => {
  const { test, messages } = recorded("message");
  const client = test.connect("dashboard-1", 5, { username: "ani", keepAlive: 60 });
  const [connect, connack] = messages();
  expect(connect).toMatchObject({
    direction: "in",
    fields: {
      packet: "CONNECT",
      client: "dashboard-1",
      version: "5.0",
      username: "ani",
      keepAlive: 60,
      cleanStart: true,
    },
  });
  expect(connack).toMatchObject({
    direction: "out",
    fields: { packet: "CONNACK", client: "dashboard-1", reason: "success", sessionPresent: false },
  });
  client.subscribe("sister/#", 1, { noLocal: true });
  const [subscribe, suback] = messages();
  expect(subscribe?.fields).toEqual({
    packet: "SUBSCRIBE",
    client: "dashboard-1",
    packetId: 9,
    filters: "sister/# qos 1, no local",
  });
  expect(suback?.fields).toEqual({ packet: "SUBACK", client: "dashboard-1", packetId: 9, reasons: "qos 1" });
  expect(hexOf(suback?.bytes)).toBe(
    hex({ type: "suback", version: 5, packetId: 9, reasonCodes: [1], properties: {} }),
  );
});

test("a PUBLISH is traced with topic, payload and properties, and each subscriber's with its own identifier", () => {
  const { test, messages } = recorded("message");
  const subscribers = (["a", "b"] as const).map((name) => test.connect(name, 5));
  for (const subscriber of subscribers) subscriber.subscribe("t", 1);
  const publisher = test.connect("publisher", 5);
  publisher.publish("t", "one", { qos: 1, packetId: 4 });
  for (const subscriber of subscribers) subscriber.take();
  messages();
  const sent = publisher.message("t", "Suhu: 28°C\n", {
    qos: 1,
    packetId: 5,
    properties: { contentType: "text/plain", userProperties: [["room", "lab"]] },
  });
  publisher.send(sent);
  const [incoming, ...others] = messages();
  expect(incoming).toMatchObject({
    direction: "in",
    text: 'PUBLISH t qos 1 "Suhu: 28°C\\n"',
    fields: {
      packet: "PUBLISH",
      client: "publisher",
      topic: "t",
      qos: 1,
      retain: false,
      dup: false,
      packetId: 5,
      payload: "Suhu: 28°C\\n",
      size: 12,
      contentType: "text/plain",
      userProperties: "room: lab",
    },
  });
  expect(hexOf(incoming?.bytes)).toBe(hex(sent));
  const outgoing = others.filter(({ fields }) => fields?.packet === "PUBLISH");
  // The first message has the identifier 1 for both; this is the second.
  expect(outgoing.map(({ fields }) => [fields?.client, fields?.packetId])).toEqual([
    ["a", 2],
    ["b", 2],
  ]);
  for (const { bytes } of outgoing) expect(hexOf(bytes)).toBe(hex({ ...sent, packetId: 2 }));
});

test("each packet of a publish run is traced with its own bytes", () => {
  const { test, messages } = recorded("message");
  const subscriber = test.connect("a", 4);
  subscriber.subscribe("t", 1);
  const publisher = test.connect("publisher", 4);
  messages();
  const run = ["one", "two", "six"].map((text, index) =>
    publisher.message("t", text, { qos: 1, packetId: index + 7 }),
  );
  publisher.send(...run);
  const outgoing = messages().filter(
    ({ direction, fields }) => direction === "out" && fields?.packet === "PUBLISH",
  );
  expect(outgoing.map(({ fields }) => [fields?.packetId, fields?.payload])).toEqual([
    [1, "one"],
    [2, "two"],
    [3, "six"],
  ]);
  expect(outgoing.map(({ bytes }) => hexOf(bytes))).toEqual(
    run.map((packet, index) => hex({ ...packet, packetId: index + 1 })),
  );
});

test("acknowledgements are traced with their bytes, in both directions", () => {
  const { test, messages } = recorded("message");
  const client = test.connect("a", 5);
  messages();
  client.publish("t", "x", { qos: 2, packetId: 300 });
  client.send({ type: "pubrel", version: 5, packetId: 300, reasonCode: 0, properties: {} });
  const acks = messages().map(({ direction, fields, bytes }) => [direction, fields?.packet, hexOf(bytes)]);
  expect(acks.slice(1)).toEqual([
    ["out", "PUBREC", "5003012c10"],
    ["in", "PUBREL", "6202012c"],
    ["out", "PUBCOMP", "7002012c"],
  ]);
});

test("a queued message is traced with its bytes when it is sent, a large one with its beginning", () => {
  const { test, messages } = recorded("message");
  const subscriber = test.connect("a", 4, { cleanStart: false });
  subscriber.subscribe("t", 1);
  subscriber.cut();
  const publisher = test.connect("publisher");
  const small = publisher.message("t", "kept", { qos: 1, packetId: 1 });
  publisher.send(small);
  publisher.publish("t", "x".repeat(200_000), { qos: 1, packetId: 2 });
  messages();
  test.connect("a", 4, { cleanStart: false });
  const [first, second] = messages().filter(({ fields }) => fields?.packet === "PUBLISH");
  expect(hexOf(first?.bytes)).toBe(hex(small));
  expect(second?.fields).toMatchObject({ size: 200_000, packetId: 2 });
  expect(String(second?.fields?.payload)).toEndWith("… (200000 bytes)");
  expect(second).toMatchObject({ size: 200_007 + 2 });
  expect(second?.bytes?.length).toBe(4096);
  expect(hexOf(second?.bytes)).toStartWith("32c59a0c000174");
});

test("a packet is traced with its size and at most 4 KiB of its bytes, in both directions and at any size", () => {
  for (const length of [4000, 5000, 100_000, 300_000]) {
    const { test, messages } = recorded("message");
    const subscriber = test.connect("a", 4);
    subscriber.subscribe("t", 0);
    const publisher = test.connect("publisher", 4);
    messages();
    const packet = publisher.message("t", "x".repeat(length));
    publisher.send(packet);
    const whole = encode(packet);
    const publishes = messages().filter(({ fields }) => fields?.packet === "PUBLISH");
    expect(publishes.map(({ direction }) => direction)).toEqual(["in", "out"]);
    for (const { bytes, size } of publishes) {
      expect(hexOf(bytes)).toBe(Buffer.from(whole.subarray(0, 4096)).toString("hex"));
      expect(size).toBe(whole.length > 4096 ? whole.length : undefined);
    }
  }
});

test("a SUBSCRIBE with thousands of filters is traced in a line of bounded length", () => {
  const { test, messages } = recorded("message");
  const client = test.connect("a", 4);
  messages();
  const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  const subscriptions = Array.from({ length: 3000 }, (_, index) => ({
    filter: `sister/${index}`,
    ...options,
  }));
  client.send({ type: "subscribe", version: 4, packetId: 1, subscriptions, properties: {} });
  const [subscribe, suback] = messages();
  for (const packet of [subscribe, suback]) {
    expect(packet?.text.length).toBeLessThanOrEqual(1001);
    expect(JSON.stringify(packet?.fields).length).toBeLessThan(1000);
    expect(packet?.bytes?.length).toBeLessThanOrEqual(4096);
  }
  expect(subscribe?.fields?.filters).toEndWith("and 2980 more");
});

/** The text and the bytes of all events. */
const shown = (events: readonly TrafficEvent[]): string =>
  events.map((event) => JSON.stringify(event) + bytesOf(event).toString("latin1")).join("\n");

const bytesOf = (event: TrafficEvent): Buffer => Buffer.from(("bytes" in event && event.bytes) || []);

const secretive: Packet = {
  ...{ type: "connect", version: 4, cleanStart: true, keepAlive: 0, clientId: "c", properties: {} },
  ...{ username: "ani", password: Buffer.from("opensesame") },
};

/** Each chunk begins where the one before it has ended. */
function expectWhole(events: readonly TrafficEvent[], direction: "in" | "out"): void {
  let end = 0;
  for (const event of events) {
    if (event.kind !== "bytes" || event.direction !== direction) continue;
    expect(event.offset).toBe(end);
    end += event.bytes.length;
  }
  expect(end).toBeGreaterThan(0);
}

test("a CONNECT shows its password in no event, wherever it was split into two chunks", () => {
  const publish = encode({
    ...{ type: "publish", version: 4, dup: false, qos: 0, retain: false },
    ...{ topic: "t", payload: Buffer.from("after"), properties: {} },
  });
  const chunk = Buffer.concat([encode(secretive), publish, Buffer.from([0x30])]);
  for (let cut = 1; cut < chunk.length; cut++) {
    const { test, events } = recorded("message", "bytes");
    const client = test.open(4);
    client.sendBytes(chunk.subarray(0, cut));
    client.sendBytes(chunk.subarray(cut));
    const incoming = events.filter((event) => event.kind === "bytes" && event.direction === "in");
    // All bytes but the password, in order; none of the packet that is still partial.
    expect(Buffer.concat(incoming.map(bytesOf)).toString("latin1")).toBe(
      chunk.subarray(0, -1).toString("latin1").replace("opensesame", "**********"),
    );
    expectWhole(events, "in");
    expectWhole(events, "out");
    expect(shown(events)).toContain('"username":"ani"');
    expect(shown(events)).not.toContain("sesame");
  }
});

test("bytes after a protocol error are not traced, because they may be anything", () => {
  const { test, events } = recorded("bytes");
  const client = test.open(4);
  client.sendBytes(Buffer.from("GET /?token=opensesame HTTP/1.1\r\n\r\n"));
  expect(events.filter((event) => event.kind === "bytes")).toEqual([]);
});

test("a second CONNECT does not show its password either", () => {
  const { test, events } = recorded("bytes", "message");
  const client = test.connect("a", 5);
  client.connect("a", { password: Buffer.from("opensesame") });
  expect(shown(events)).not.toContain("sesame");
});

test("authentication data is overwritten, wherever it is in the packet", () => {
  const data = Buffer.from("n,,n=ani,r=abcdef");
  const properties = { authenticationMethod: "SCRAM-SHA-256", authenticationData: data };
  const packet: Packet = { type: "auth", version: 5, reasonCode: 0x18, properties };
  const bytes = encode(packet);
  expect(Buffer.from(withoutSecrets(bytes, packet)).toString("latin1")).toBe(
    Buffer.from(bytes).toString("latin1").replace(data.toString("latin1"), "*".repeat(data.length)),
  );
  expect(JSON.stringify(packetFields(packet))).not.toContain("abcdef");
});

test("no event is built without an observer of its kind", () => {
  const asked: string[] = [];
  const traffic: Traffic = {
    sample: (kind) => {
      asked.push(kind);
      return false;
    },
    begin: () => 0,
    follow: () => false,
    omit: () => {},
    emit: () => {
      throw new Error("no event was sampled");
    },
  };
  const test = new TestBroker({}, { traffic });
  const client = test.connect("a", 5);
  client.subscribe("t", 2);
  client.publish("t", "x", { qos: 2, packetId: 1 });
  client.cut();
  expect(new Set(asked)).toEqual(new Set(["message", "bytes"]));
});

test("observers see the bytes of a chunk as they came, whatever identifiers its subscribers get", () => {
  const seen: string[] = [];
  const traffic = seenTraffic(
    (event) => {
      if (event.kind === "bytes" && event.direction === "in")
        seen.push(Buffer.from(event.bytes).toString("hex"));
    },
    ["bytes"],
  );
  const test = new TestBroker({}, { traffic });
  test.connect("subscriber").subscribe("#", 1);
  const publisher = test.connect("publisher");
  const packets = ["a", "b", "c"].map((topic, index) =>
    encode(publisher.message(topic, "x", { qos: 1, packetId: 0x1111 * (index + 1) })),
  );
  const chunk = Buffer.concat(packets);
  seen.length = 0;
  publisher.sendBytes(chunk);
  expect(seen).toEqual([chunk.toString("hex")]);
});

/** Six messages in flight to a client, and what observers see of its acknowledgements. */
function inFlightToClient() {
  const seen: string[] = [];
  const traffic = seenTraffic(
    (event) => {
      if (event.kind === "message" && event.direction === "in")
        seen.push(`${event.fields?.packet} ${event.fields?.packetId}`);
      else if (event.kind === "bytes" && event.direction === "in")
        seen.push(Buffer.from(event.bytes).toString("hex"));
    },
    ["bytes", "message"],
  );
  const test = new TestBroker({}, { traffic });
  const client = test.connect("subscriber", 5, { properties: { sessionExpiryInterval: 60 } });
  client.subscribe("#", 1);
  const publisher = test.connect("publisher");
  for (let packetId = 1; packetId <= 6; packetId++) publisher.publish("t", "x", { qos: 1, packetId });
  client.take();
  seen.length = 0;
  const inFlight = () => [...test.broker.sessions.get("subscriber")!.inflight.ids()];
  return { client, seen, inFlight };
}

const pubacks = (...packetIds: readonly number[]): Buffer =>
  Buffer.from(packetIds.flatMap((packetId) => [0x40, 2, 0, packetId]));

test("acknowledgements before one with the identifier 0 count, and are seen; those after it are not handled", () => {
  const { client, seen, inFlight } = inFlightToClient();
  client.sendBytes(pubacks(1, 2, 0, 3));
  expect(client.next("disconnect").reasonCode).toBe(0x82);
  expect(inFlight()).toEqual([3, 4, 5, 6]);
  expect(seen.filter((line) => line.startsWith("PUBACK"))).toEqual(["PUBACK 1", "PUBACK 2"]);
  expect(seen.filter((line) => line.startsWith("40")).join("")).toStartWith(pubacks(1, 2).toString("hex"));
});

test("an acknowledgement of nothing in the middle of others costs none of them", () => {
  const { client, seen, inFlight } = inFlightToClient();
  client.sendBytes(pubacks(1, 99, 3, 1, 4));
  expect(client.state).toBe("open");
  expect(inFlight()).toEqual([2, 5, 6]);
  expect(seen.filter((line) => line.startsWith("PUBACK"))).toEqual([
    "PUBACK 1",
    "PUBACK 99",
    "PUBACK 3",
    "PUBACK 1",
    "PUBACK 4",
  ]);
  expect(seen.filter((line) => line.startsWith("40")).join("")).toBe(pubacks(1, 99, 3, 1, 4).toString("hex"));
});

test("what a client acknowledges in the chunk in which it leaves counts up to its DISCONNECT", () => {
  const { client, seen, inFlight } = inFlightToClient();
  const keepSession = Buffer.from("e0070005110000003c", "hex");
  client.sendBytes(Buffer.concat([pubacks(1, 2), keepSession, pubacks(3)]));
  expect(inFlight()).toEqual([3, 4, 5, 6]);
  expect(seen.filter((line) => line.startsWith("PUBACK"))).toEqual(["PUBACK 1", "PUBACK 2"]);
});

test("a PUBLISH, its acknowledgement and its deliveries are a group, which says how many sessions it goes to", () => {
  const { test, messages } = recorded("message");
  for (const [name, qos] of [
    ["one", 0],
    ["two", 1],
  ] as const)
    test.connect(name).subscribe("t", qos);
  const publisher = test.connect("publisher");
  messages();
  const packets = [1, 2].map((packetId) => encode(publisher.message("t", "x", { qos: 1, packetId })));
  publisher.sendBytes(Buffer.concat(packets));
  const groups = new Map<number | undefined, string[]>();
  for (const { direction, fields, group } of messages()) {
    const text = `${direction} ${fields?.packet} ${fields?.client} ${fields?.recipients ?? ""}`.trim();
    groups.set(group, [...(groups.get(group) ?? []), text]);
  }
  const all = ["in PUBLISH publisher 2", "out PUBACK publisher", "out PUBLISH one", "out PUBLISH two"];
  expect([...groups.values()].map((texts) => texts.toSorted())).toEqual([all, all]);
  expect(groups.has(undefined)).toBe(false);
});

test("a message that nobody saw come in has deliveries that nobody sees, but those that come later", () => {
  const events: string[] = [];
  const traffic: Traffic = {
    sample: () => true,
    begin: () => 0,
    follow: (group) => group > 0,
    omit: () => {},
    emit: (event) => {
      if (event.kind === "message") events.push(`${event.direction} ${event.text.split(" ")[0]}`);
    },
  };
  const test = new TestBroker({}, { traffic });
  test.connect("here").subscribe("t");
  const away = test.connect("away", 4, { cleanStart: false });
  away.subscribe("t", 1);
  away.cut();
  const publisher = test.connect("publisher");
  events.length = 0;
  publisher.publish("t", "x", { qos: 1, packetId: 1 });
  expect(events).toEqual([]);
  test.connect("away", 4, { cleanStart: false });
  expect(events).toContain("out PUBLISH");
});
