import { expect, onTestFinished, test } from "bun:test";
import { golden } from "../support/golden.ts";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, Program } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";

const lab = await startLab(`
log: { messages: 100000 }
services:
  mqtt: { port: 0 }
`);
const testPaho = testWith(needs.paho);
const client = (name: string, ...rest: (string | number)[]) =>
  pythonClient(name, "127.0.0.1", lab.port("mqtt"), ...rest);
let subscribed = 0;
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
    `MQTT ${version}: no message is lost, and none at QoS 2 duplicated, when the sockets break`,
    async () => {
      expect(jsonLines(await output(client("paho_breaks", version)))).toEqual([
        { "sessions kept": version !== "3.1", "QoS 1": true, "QoS 2": true },
      ]);
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
