// Wills, properties, requests and responses, as they are on the wire.
import { expect, onTestFinished, test } from "bun:test";
import { connectAsync } from "mqtt";
import { mqtt } from "../../../src/cli/commands/mqtt.ts";
import { decode } from "../../../src/protocol/mqtt/decode.ts";
import type { Packet } from "../../../src/protocol/mqtt/packet.ts";
import { mqtt as broker } from "../../../src/roles/mqtt/index.ts";
import { cutAt, packetsIn } from "../../support/mqtt-frames.ts";
import { needs, testWith } from "../../support/needs.ts";
import { output } from "../../support/program.ts";
import { Relay } from "../../support/relay.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";
import { runCli, startCli } from "../support/run-cli.ts";

const run = (port: number, verb: string, ...args: string[]) =>
  runCli(mqtt, ["mqtt", verb, "-p", `${port}`, ...args]);

/** A subscriber that has subscribed. */
async function subscriber(port: number, ...args: string[]) {
  const cli = startCli(mqtt, ["mqtt", "sub", "-p", `${port}`, ...args]);
  await until(() => cli.stderr.includes("Subscribed to"));
  return cli;
}

/** The packets that the `nth` client of a relay has sent whole. */
function sentBy(relay: Relay, nth: number): Packet[] {
  const bytes = relay.connections[nth]?.from("client") ?? Buffer.alloc(0);
  const whole = packetsIn(bytes).filter(({ end }) => end <= bytes.length);
  return whole.map(({ start, end }) => decode(bytes, 5, start, end));
}

const words = (text: string) => text.split(" ");

const everything = [
  ...words("-i satu -t a -m halo -q 1 -V 5"),
  ...words("--will-topic status/satu --will-payload gone --will-qos 1 --will-retain"),
  ...words("-D connect session-expiry-interval 60 -D connect receive-maximum 10"),
  ...words("-D connect maximum-packet-size 70000 -D connect topic-alias-maximum 3"),
  ...words("-D connect request-response-information 1 -D connect request-problem-information 0"),
  ...words("-D connect user-property lab satu -D connect user-property lab dua"),
  ...words("-D publish payload-format-indicator 1 -D publish message-expiry-interval 30"),
  ...words("-D publish content-type text/plain -D publish response-topic b -D publish correlation-data 17"),
  ...words("--property publish user-property temperature -5 -D publish topic-alias 1"),
  ...words("-D will will-delay-interval 2 -D will content-type text/plain -D will user-property a b"),
  ...words("-D disconnect session-expiry-interval 0 -D disconnect user-property c d"),
];

testWith(needs.mosquitto)(
  "pub with a will and every property sends the packets that mosquitto_pub sends with the same options",
  async () => {
    const { port } = await startRole(broker);
    const relay = await Relay.start(port);
    const ours = await run(relay.port, "pub", ...everything);
    expect(ours).toMatchObject({ exit: 0, stderr: expect.stringContaining("Connected") });
    await output(["mosquitto_pub", "-p", `${relay.port}`, ...everything]);
    // A client ends when it has sent its last packet, not when the relay has read it.
    await until(() => [0, 1].every((nth) => sentBy(relay, nth).at(-1)?.type === "disconnect"));
    const [mine, theirs] = [sentBy(relay, 0), sentBy(relay, 1)];
    // Each numbers its messages as it likes.
    const bare = (packets: Packet[]) => packets.map((packet) => ({ ...packet, packetId: undefined }));
    expect(bare(mine)).toEqual(bare(theirs));
    expect(mine.map(({ type }) => type)).toEqual(["connect", "publish", "disconnect"]);
    const [connect, publish] = mine;
    expect(connect).toMatchObject({
      will: {
        topic: "status/satu",
        qos: 1,
        retain: true,
        properties: { willDelayInterval: 2, contentType: "text/plain", userProperties: [["a", "b"]] },
      },
      properties: {
        userProperties: [
          ["lab", "satu"],
          ["lab", "dua"],
        ],
        sessionExpiryInterval: 60,
      },
    });
    expect(publish).toMatchObject({
      topic: "a",
      properties: { topicAlias: 1, userProperties: [["temperature", "-5"]], responseTopic: "b" },
    });
  },
);

test("the broker publishes the will of a client whose connection breaks, in every version", async () => {
  const { port } = await startRole(broker);
  for (const version of ["31", "311", "5"]) {
    const relay = await Relay.start(port, [
      cutAt({ from: "client", type: "publish", place: "after" }, "reset"),
    ]);
    const watcher = await subscriber(port, "-t", "status/+", "-C", "1", "-v");
    const will = ["--will-topic", `status/${version}`, "--will-payload", "Suhu: 28°C", "-V", version];
    await run(relay.port, "pub", "-t", "a", "-m", "x", "-q", "1", ...will);
    expect(await watcher.exit).toBe(0);
    expect(watcher.stdout).toBe(`status/${version} Suhu: 28°C\n`);
  }
});

test("a client that leaves has no will, and its words behind -D end where the property does", async () => {
  const { port } = await startRole(broker);
  const watcher = await subscriber(port, "-t", "#", "-C", "2", "-v");
  const property = ["-D", "publish", "user-property", "-t", "--json"];
  await runCli(mqtt, [
    ...["mqtt", "pub", ...property, "127.0.0.1", "-p", `${port}`, "-t", "a", "-m", "-D"],
    ...["--will-topic", "status", "-D", "publish", "user-property", "__proto__", "x"],
  ]);
  await run(port, "pub", "-t", "b", "-m", "end");
  expect(await watcher.exit).toBe(0);
  expect(watcher.stdout).toBe("a -D\nb end\n");
});

test("sub shows the properties of a message in JSON, and subscribes with an identifier", async () => {
  const { port } = await startRole(broker);
  const properties = words(
    "-D publish content-type text/plain -D publish user-property a b -D publish user-property a c",
  );
  const published = await run(port, "pub", ...words("-t a -m halo -r -q 1 --json"), ...properties);
  const shown = {
    "content-type": "text/plain",
    "user-property": [
      { name: "a", value: "b" },
      { name: "a", value: "c" },
    ],
  };
  expect(JSON.parse(published.stdout).properties).toEqual(shown);
  const plain = await run(port, "sub", ...words("-t a -C 1 --json -V 5"));
  expect(JSON.parse(plain.stdout).properties).toEqual(shown);
  const numbered = await run(
    port,
    "sub",
    ...words("-t a -C 1 --json -D subscribe subscription-identifier 7"),
  );
  expect(JSON.parse(numbered.stdout).properties).toEqual({ ...shown, "subscription-identifier": 7 });
});

test("data that is no text is shown in base64, and goes out as it was given", async () => {
  const { port } = await startRole(broker);
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
  onTestFinished(() => client.endAsync(true));
  const correlationData = Buffer.from([0xff, 0]);
  await client.publishAsync("a", "x", { retain: true, qos: 1, properties: { correlationData } });
  const { stdout } = await run(port, "sub", ...words("-t a -C 1 --json -V 5"));
  expect(JSON.parse(stdout).properties).toEqual({ "correlation-data": { base64: "/wA=" } });
});

/** Answers each request on `service` with what `answer` says, once for each. */
async function responder(
  port: number,
  answer: (
    request: string,
    correlation: Buffer | undefined,
  ) => { text: string; correlation?: Buffer | undefined }[],
) {
  const requests: { text: string; topic: string | undefined }[] = [];
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 });
  onTestFinished(() => client.endAsync(true));
  client.on("message", (_topic, payload, { properties }) => {
    const text = payload.toString();
    requests.push({ text, topic: properties?.responseTopic });
    for (const reply of answer(text, properties?.correlationData)) {
      const { correlation: correlationData } = reply;
      client.publish(properties?.responseTopic ?? "reply", reply.text, {
        properties: correlationData && { correlationData },
      });
    }
  });
  await client.subscribeAsync("service");
  return requests;
}

test("rr publishes a request, and prints the response that has its correlation data", async () => {
  const { port } = await startRole(broker);
  const requests = await responder(port, (text, correlation) => [
    { text: "of another", correlation: Buffer.from("another") },
    { text: `re: ${text}`, correlation },
  ]);
  const { exit, stdout, stderr } = await run(
    port,
    "rr",
    ...words("-t service -e reply/1 -m halo --repeat 2"),
  );
  expect(stdout).toBe("Received response: re: halo (Topic: reply/1)\n".repeat(2));
  expect(stderr).toContain("Left out a message on reply/1 that is no response to this request\n");
  expect(requests).toEqual([
    { text: "halo", topic: "reply/1" },
    { text: "halo", topic: "reply/1" },
  ]);
  expect(exit).toBe(0);
});

test("rr has a response topic of its own, and shows the time and the properties in JSON", async () => {
  const { port } = await startRole(broker);
  const requests = await responder(port, (text, correlation) => [{ text, correlation }]);
  const args = words("-t service -m halo --json -i ani -D publish correlation-data 17");
  const { stdout } = await run(port, "rr", ...args);
  expect(JSON.parse(stdout)).toEqual({
    request: "service",
    topic: "distcli/ani/response",
    message: "halo",
    qos: 0,
    retain: false,
    properties: { "correlation-data": "17" },
    ms: expect.any(Number),
  });
  expect(requests).toEqual([{ text: "halo", topic: "distcli/ani/response" }]);
});

test("rr takes a response without correlation data, also in 3.1.1, and no retained message", async () => {
  const { port } = await startRole(broker);
  await run(port, "pub", ...words("-t reply -m old -r -q 1"));
  await responder(port, (text) => [{ text: `re: ${text}` }]);
  const five = await run(port, "rr", ...words("-t service -e reply -m halo -v"));
  expect(five).toMatchObject({ exit: 0, stdout: "reply re: halo\n" });
  const older = await run(port, "rr", ...words("-t service -e reply -m halo --quiet -V 311"));
  expect(older).toMatchObject({ exit: 0, stdout: "re: halo\n" });
});

test("no response is a timeout, and a broker that closes is status 1", async () => {
  const { port } = await startRole(broker);
  const silent = await run(port, "rr", ...words("-t nobody -e reply -m halo -W 40ms"));
  expect(silent.stderr).toContain("No response on reply to the request on nobody within 40 ms");
  expect(silent.exit).toBe(124);
  const unheard = await run(port, "rr", ...words("-t nobody -e reply -m halo -W 40ms -q 1"));
  expect(unheard.stderr).toContain("within 40 ms: nobody has subscribed to nobody; -W sets another limit");
  const relay = await Relay.start(port, [cutAt({ from: "client", type: "publish", place: "after" })]);
  const lost = await run(relay.port, "rr", ...words("-t nobody -e reply -m halo"));
  expect(lost.stderr).toContain(`The MQTT broker 127.0.0.1:${relay.port} closed the connection`);
  expect(lost.exit).toBe(1);
});

test("a topic alias that the broker's CONNACK forbids is not sent, and not taken for another protocol", async () => {
  const { port } = await startRole(broker);
  const alias = await run(port, "pub", ...words("-t a -m x -D publish topic-alias 65535"));
  expect(alias.stderr).toContain(`The MQTT broker 127.0.0.1:${port} takes no such topic alias`);
  expect(alias.exit).toBe(1);
});

testWith(needs.mosquitto)("mosquitto_rr gets its response where rr does, with the same options", async () => {
  const { port } = await startRole(broker);
  await responder(port, (text, correlation) => [{ text: `re: ${text}`, correlation }]);
  const args = ["-p", `${port}`, ...words("-t service -e reply -m halo -v -q 1 -D publish content-type a")];
  expect(await output(["mosquitto_rr", ...args])).toBe("reply re: halo\n");
  expect((await runCli(mqtt, ["mqtt", "rr", ...args])).stdout).toBe("reply re: halo\n");
});
