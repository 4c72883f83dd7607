import { expect, onTestFinished, test } from "bun:test";
import mqtt from "mqtt";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { givenLines, Program } from "../support/program.ts";
import { until } from "../support/until.ts";

const lab = await startLab(`
log: { messages: 100000 }
services:
  mqtt: { port: 0 }
`);
const testMosquitto = testWith(needs.mosquitto);
const at = (name: string, version: string, ...rest: string[]) => [
  name,
  ...["-h", "127.0.0.1", "-p", String(lab.port("mqtt")), "-V", version],
  ...rest,
];

for (const version of ["mqttv31", "mqttv311", "mqttv5"]) {
  testMosquitto(
    `${version}: a shared subscription gives each of two mosquitto_sub about half of the messages, none of them twice`,
    async () => {
      const topic = `jobs/${version}`;
      const subscribe = async (): Promise<Program> => {
        // Who has a receive maximum's worth to acknowledge is passed over; mosquitto_sub's own is 20.
        const all = version === "mqttv5" ? ["-D", "connect", "receive-maximum", "200"] : [];
        const program = new Program(
          at("mosquitto_sub", version, "-t", `$share/g/${topic}`, "-q", "1", ...all),
        );
        onTestFinished(() => program.kill());
        const before = lab.log.filter(({ message }) => message.startsWith("SUBSCRIBE")).length;
        await lab.untilLogged("mqtt", "SUBSCRIBE", before + 1);
        return program;
      };
      const members = [await subscribe(), await subscribe()];
      const lines = Array.from({ length: 200 }, (_, index) => `job ${1000 + index}`);
      givenLines(at("mosquitto_pub", version, "-t", topic, "-q", "1", "-l"), lines);
      // They stay: of one that leaves, the messages whose acknowledgements are lost on the way go to the other one.
      const printed = () => members.map(({ stdout }) => stdout.trimEnd().split("\n"));
      await until(() => printed().flat().length >= lines.length);
      // In turn.
      for (const { length } of printed()) expect(length).toBeWithin(80, 121);
      expect(printed().flat().sort()).toEqual(lines);
    },
  );
}

test.each([0, 1, 2] as const)(
  "MQTT.js understands the topic aliases of the broker at QoS %p",
  async (qos) => {
    const url = `mqtt://127.0.0.1:${lab.port("mqtt")}`;
    const options = { protocolVersion: 5, reconnectPeriod: 0, properties: { topicAliasMaximum: 4 } } as const;
    const subscriber = await mqtt.connectAsync(url, options);
    const publisher = await mqtt.connectAsync(url);
    onTestFinished(async () => {
      await Promise.all([subscriber.endAsync(true), publisher.endAsync(true)]);
    });
    const received: string[] = [];
    const onTheWire: string[] = [];
    subscriber.on("packetreceive", (packet) => {
      if (packet.cmd === "publish") onTheWire.push(packet.topic);
    });
    subscriber.on("message", (topic, payload) => received.push(`${topic} ${payload}`));
    await subscriber.subscribeAsync("building/#", { qos });
    const topics = Array.from({ length: 7 }, (_, index) => `building/${qos}/floor/${index}/temperature`);
    const sent: string[] = [];
    for (let index = 0; index < 60; index++) {
      const topic = topics[index % 3 === 0 ? 0 : index % topics.length]!;
      sent.push(`${topic} ${index}`);
      publisher.publish(topic, String(index), { qos });
    }
    await until(() => received.length === sent.length);
    expect(received).toEqual(sent);
    // At QoS 2 MQTT.js would deliver messages without their topics.
    const shortened = onTheWire.filter((topic) => topic === "").length;
    if (qos === 2) expect(shortened).toBe(0);
    else expect(shortened).toBeGreaterThan(15);
  },
);
