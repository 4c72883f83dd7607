import { describe, expect, onTestFinished, test } from "bun:test";
import mqtt, { type IClientOptions, type IConnackPacket, type MqttClient } from "mqtt";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { Program } from "../support/program.ts";
import { python } from "../support/python.ts";
import { ScramClient } from "../support/scram-client.ts";

const password = "rahasia sekali";

const lab = await startLab(
  `
services:
  mqtt:
    port: 0
    users: [{ name: budi, password: "\${SECRET}" }]
    listeners: [{ port: 0, maxPacketSize: 5000 }]
  guests: { role: mqtt, port: 0, users: [{ name: budi, password: "\${SECRET}" }], anonymous: true }
log: { level: debug, messages: 100000 }
`,
  { env: { SECRET: password } },
);

/** Connects with SCRAM-SHA-256. @returns the client, and its CONNACK or error */
async function scram(username: string, secret: string, more: IClientOptions = {}) {
  const authenticationMethod = "SCRAM-SHA-256";
  const exchange = new ScramClient(username, secret);
  const client = mqtt.connect(`mqtt://127.0.0.1:${lab.port("mqtt")}`, {
    protocolVersion: 5,
    reconnectPeriod: 0,
    properties: { authenticationMethod, authenticationData: exchange.first },
    ...more,
  });
  onTestFinished(() => client.endAsync(true));
  client.handleAuth = ({ properties }, reply) => {
    const authenticationData = exchange.answer(properties?.authenticationData ?? Buffer.alloc(0));
    reply(undefined, {
      cmd: "auth",
      reasonCode: 0x18,
      properties: { authenticationMethod, authenticationData },
    });
  };
  const outcome = await new Promise<IConnackPacket | Error>((resolve) => {
    client.once("connect", resolve);
    client.once("error", resolve);
  });
  return { client, exchange, outcome };
}

const refusal = (outcome: IConnackPacket | Error) =>
  outcome instanceof Error ? outcome.message : "accepted";

describe("MQTT.js with SCRAM-SHA-256", () => {
  test("authenticates, verifies the broker, and publishes", async () => {
    const { client, exchange, outcome } = await scram("budi", password);
    if (outcome instanceof Error) throw outcome;
    expect(outcome.properties?.authenticationMethod).toBe("SCRAM-SHA-256");
    expect(exchange.trusts(outcome.properties?.authenticationData)).toBe(true);
    await roundTrip(client);
  });

  test.each([
    ["budi", "salah"],
    ["nobody", password],
  ])("as %s with %j is refused", async (name, secret) => {
    const { outcome } = await scram(name, secret);
    expect(refusal(outcome)).toBe("Connection refused: Not authorized");
  });
});

async function roundTrip(client: MqttClient): Promise<void> {
  const received = new Promise((resolve) => client.once("message", (_, payload) => resolve(String(payload))));
  await client.subscribeAsync("users/t");
  await client.publishAsync("users/t", "halo", { qos: 1 });
  expect(await received).toBe("halo");
}

test("CONNACK has the maximum packet size of the listener", async () => {
  const ports = lab.log.filter(({ message, name }) => message === "Listening" && name === "mqtt");
  const sizes = [];
  for (const { port } of ports) {
    const client = mqtt.connect(`mqtt://budi@127.0.0.1:${port}`, {
      protocolVersion: 5,
      password,
      reconnectPeriod: 0,
    });
    onTestFinished(() => client.endAsync(true));
    const connack = await new Promise<IConnackPacket>((resolve) => client.once("connect", resolve));
    sizes.push(connack.properties?.maximumPacketSize);
  }
  expect(sizes).toEqual([16 * 1024 * 1024, 5000]);
});

const testMosquitto = testWith(needs.mosquitto);

/** Publishes with mosquitto_pub. */
async function mosquitto(service: string, version: string, ...rest: string[]) {
  const words = [
    "-h",
    "127.0.0.1",
    "-p",
    String(lab.port(service)),
    "-V",
    version,
    "-t",
    "t",
    "-m",
    "x",
    "-q",
    "1",
  ];
  return new Program(["mosquitto_pub", ...words, ...rest]).outcome();
}

for (const version of ["mqttv31", "mqttv311", "mqttv5"]) {
  testMosquitto(`${version}: mosquitto_pub connects with -u and -P`, async () => {
    expect(await mosquitto("mqtt", version, "-u", "budi", "-P", password)).toMatchObject({
      status: 0,
      stderr: "",
    });
    expect((await mosquitto("guests", version, "-u", "budi", "-P", password)).status).toBe(0);
    expect((await mosquitto("guests", version)).status).toBe(0);
  });

  testMosquitto(`${version}: mosquitto_pub is refused with another password, or none`, async () => {
    const wrong = await mosquitto("mqtt", version, "-u", "budi", "-P", "salah");
    expect(wrong.stderr).toMatch(/bad user ?name or password/i);
    expect(wrong.status).not.toBe(0);
    const none = await mosquitto("mqtt", version);
    expect(none.stderr).toMatch(/not authori[sz]ed/i);
    expect(none.status).not.toBe(0);
    expect((await mosquitto("guests", version, "-u", "ani", "-P", password)).status).not.toBe(0);
  });
}

testWith(needs.paho)("paho-mqtt connects with its password, and not with another", async () => {
  const code = `
import sys, threading
import paho.mqtt.client as paho
client = paho.Client(client_id="paho", protocol=paho.MQTTv5)
client.username_pw_set("budi", sys.argv[2])
done = threading.Event()
def connected(client, data, flags, reason, properties=None):
    print(reason)
    done.set()
client.on_connect = connected
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_start()
done.wait(10)
client.loop_stop()
`;
  const connect = async (secret: string) =>
    (await new Program([python, "-c", code, String(lab.port("mqtt")), secret], { input: "" }).outcome())
      .stdout;
  expect(await connect(password)).toContain("Success");
  expect(await connect("salah")).toContain("Bad user name or password");
});

test("the log contains no password and no proof", async () => {
  await lab.program.prints("bad user name or password");
  const complaints = lab.complaints().filter((line) => !line.startsWith("warning distsrv: Refused a login"));
  expect(complaints).toEqual([]);
  for (const secret of [password, "salah", Buffer.from(password).toString("base64")]) {
    expect(lab.program.stdout).not.toContain(secret);
  }
});
