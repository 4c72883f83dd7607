import { expect, onTestFinished, test } from "bun:test";
import { golden } from "../support/golden.ts";
import { startLab } from "../support/lab.ts";
import { cutAt, publishedAfterRelease } from "../support/mqtt-frames.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, Program } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";
import { Relay } from "../support/relay.ts";

const lab = await startLab(`
log: { messages: 100000 }
services:
  mqtt: { port: 0 }
`);
const testPaho = testWith(needs.paho);
const client = (name: string, ...rest: (string | number)[]) =>
  pythonClient(name, "127.0.0.1", lab.port("mqtt"), ...rest);
let subscribed = 0;
const sorted = (numbers: Iterable<number>) => [...numbers].sort((one, other) => one - other);
/** The first two are what makes paho 1.6.1 publish a message twice. */
const publisherBreaks = [
  cutAt({ from: "server", type: "pubcomp", nth: 3, place: "before" }),
  cutAt({ from: "server", type: "connack", place: "before" }),
  cutAt({ from: "client", type: "publish", nth: 9, place: "inside" }),
  cutAt({ from: "server", type: "pubrec", nth: 4, place: "before" }),
  cutAt({ from: "server", type: "pubrec", nth: 3, place: "after" }, "reset"),
  cutAt({ from: "client", type: "pubrel", nth: 5, place: "before" }, "nothing"),
  cutAt({ from: "server", type: "connack", place: "after" }, "nothing"),
  cutAt({ from: "server", type: "puback", nth: 2, place: "inside" }),
];
const subscriberBreaks = [
  cutAt({ from: "server", type: "publish", nth: 4, place: "inside" }),
  cutAt({ from: "client", type: "pubrec", nth: 3, place: "before" }),
  cutAt({ from: "server", type: "connack", place: "before" }),
  cutAt({ from: "server", type: "pubrel", nth: 3, place: "after" }, "reset"),
  cutAt({ from: "client", type: "pubcomp", nth: 4, place: "before" }, "nothing"),
  cutAt({ from: "client", type: "puback", nth: 2, place: "inside" }),
  cutAt({ from: "client", type: "connect", place: "inside" }),
];
const jsonLines = (printed: string) =>
  printed
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

for (const version of ["3.1", "3.1.1", "5"]) {
  testPaho(
    `MQTT ${version}: paho's publisher and subscriber print what they printed with the original broker`,
    async () => {
      const [publisher, subscriber] = golden("mqtt_pubsub_paho161").clients;
      const sub = new Program(client("paho_sub", version, "sister/temp", 4));
      onTestFinished(() => sub.kill());
      await sub.prints("Berlangganan topik: sister/temp");
      await lab.untilLogged("mqtt", `SUBSCRIBE sister/temp`, ++subscribed);
      expect(await output(client("paho_pub", version, "sister/temp", "Suhu: 28°C", 4, 0))).toBe(
        publisher?.stdout ?? "",
      );
      expect((await sub.outcome()).stdout).toBe(subscriber?.stdout ?? "");
    },
  );

  testPaho(
    `MQTT ${version}: paho receives at every QoS, by wildcards, retained messages and wills`,
    async () => {
      const results = jsonLines(await output(client("paho_delivery", version)));
      expect(results).toEqual([
        { connack: { code: 0, present: 0 } },
        { granted: [0, 1, 2] },
        { message: ["delivery/a/leaf", "to delivery/a/leaf", 0, false] },
        { message: ["delivery/one", "to delivery/one", 0, false] },
        { message: ["delivery/one", "to delivery/one", 1, false] },
        { message: ["delivery/deep/er/still", "to delivery/deep/er/still", 2, false] },
        { message: ["delivery/deep", "to delivery/deep", 2, false] },
        { retained: ["delivery/kept", "old", 1, true] },
        { live: ["delivery/kept", "new", 1, false] },
        { cleared: ["delivery/kept", "", 1, false] },
        { "after unsubscribe": ["delivery/x/leaf", "subscribed", 0, false] },
        { big: ["delivery/big/leaf", 200_000, true] },
        { will: ["delivery/will/leaf", "gone", 0, false] },
      ]);
    },
  );

  testPaho(
    `MQTT ${version}: a session keeps the messages published while its client is offline`,
    async () => {
      expect(jsonLines(await output(client("paho_session", version)))).toEqual([
        // MQTT 3.1 has no session present flag.
        { "present before": false, "present after": version !== "3.1", received: ["0", "1", "2", "3", "4"] },
      ]);
    },
  );

  testPaho(
    `MQTT ${version}: no message is lost, and none at QoS 2 delivered more often than it was published, when connections break`,
    async () => {
      const toPub = await Relay.start(lab.port("mqtt"), publisherBreaks);
      const toSub = await Relay.start(lab.port("mqtt"), subscriberBreaks);
      const count = 100;
      const ports = [toPub.port, toSub.port, version, count];
      const [results] = jsonLines(await output(pythonClient("paho_breaks", ...ports)));
      // MQTT 3.1 has no session present flag.
      expect(results["sessions kept"]).toBe(version !== "3.1");
      for (const [relay, breaks] of [
        [toPub, publisherBreaks],
        [toSub, subscriberBreaks],
      ] as const) {
        expect(relay.connections.map(({ isCut }) => isCut)).toEqual([...breaks.map(() => true), false]);
      }
      const numbers = Array.from({ length: count }, (_, number) => number);
      expect(sorted(new Set<number>(results["1"]))).toEqual(numbers);
      // When its connection breaks twice before PUBCOMP has come, paho 1.6.1 repeats PUBREL and then PUBLISH.
      const fromPub = toPub.connections.map((connection) => connection.from("client"));
      const again = publishedAfterRelease(fromPub, version === "5");
      const once = sorted(results["2"]);
      const published = [...numbers, count].flatMap((number) => {
        const received = once.filter((one) => one === number).length;
        const most = 1 + (again.get(String(number)) ?? 0);
        return Array(Math.max(1, Math.min(received, most))).fill(number);
      });
      expect(once).toEqual(published);
    },
  );
}

testPaho("MQTT 5: paho gets subscription identifiers, options and reason codes", async () => {
  expect(jsonLines(await output(client("paho_identifiers")))).toEqual([
    {
      assigned: true,
      granted: [[1], [2], [2]],
      both: ["ids/one", [1, 268_435_455], 2, false],
      first: ["ids/deep/er", [1], 1, false],
      kept: ["ids/kept", [1, 268_435_455], 1, true],
      replayed: ["ids/kept", [9], 0, true],
      unsubscribed: [0, 0x11],
    },
  ]);
});

testPaho("MQTT 5: paho gets the properties that the publisher sets on a message", async () => {
  const [read] = jsonLines(await output(client("paho_properties")));
  const { expiry, ...rest } = read;
  expect(rest).toEqual({
    payload: "28",
    format: 1,
    type: "text/plain",
    "answer to": "answers/here",
    correlation: "0001ff",
    user: [
      ["unit", "°C"],
      ["unit", "again"],
      ["room", "7"],
    ],
  });
  expect(expiry).toBeGreaterThan(590);
  expect(expiry).toBeLessThanOrEqual(600);
});

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
