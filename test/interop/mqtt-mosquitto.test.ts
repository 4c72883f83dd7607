import { expect, onTestFinished, test } from "bun:test";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, Program } from "../support/program.ts";

const lab = await startLab(`
log: { messages: 100000 }
services:
  mqtt:
    port: 0
    publish:
      - { topic: sister/temp, message: "Suhu: {random 20..35}°C", every: 100ms }
`);
const testMosquitto = testWith(needs.mosquitto);
const at = (name: string, version: string, ...rest: string[]) => [
  name,
  ...["-h", "127.0.0.1", "-p", String(lab.port("mqtt")), "-V", version],
  ...rest,
];

/** A subscriber of which the broker has heard. */
async function subscriber(version: string, filter: string, ...rest: string[]): Promise<Program> {
  const program = new Program(at("mosquitto_sub", version, "-t", filter, ...rest));
  onTestFinished(() => program.kill());
  const before = lab.log.filter(({ message }) => message.startsWith("SUBSCRIBE")).length;
  await lab.tells("mqtt", "SUBSCRIBE", before + 1);
  return program;
}

for (const version of ["mqttv31", "mqttv311", "mqttv5"]) {
  testMosquitto(`${version}: mosquitto_sub sees a built-in publisher at once`, async () => {
    const printed = await output(at("mosquitto_sub", version, "-t", "sister/#", "-C", "3", "-v"));
    expect(printed).toMatch(/^(sister\/temp Suhu: (2\d|3[0-5])°C\n){3}$/);
  });

  for (const qos of ["0", "1", "2"]) {
    testMosquitto(`${version}: mosquitto_pub reaches mosquitto_sub at QoS ${qos}, in order`, async () => {
      const topic = `order/${version}/${qos}`;
      const sub = await subscriber(version, `order/+/${qos}`, "-q", qos, "-C", "200");
      const lines = Array.from({ length: 200 }, (_, i) => `pesan ${i} °C`).join("\n");
      const pub = new Program(at("mosquitto_pub", version, "-t", topic, "-q", qos, "-l"), {
        input: `${lines}\n`,
      });
      expect((await pub.outcome()).status).toBe(0);
      const { status, stdout } = await sub.outcome();
      expect(status).toBe(0);
      expect(stdout).toBe(`${lines}\n`);
    });
  }

  testMosquitto(
    `${version}: a retained message waits for its subscriber, and an empty one clears it`,
    async () => {
      const topic = `kept/${version}`;
      await output(at("mosquitto_pub", version, "-t", topic, "-m", "disimpan", "-r", "-q", "1"));
      const kept = await output(at("mosquitto_sub", version, "-t", topic, "-C", "1", "-F", "%r %p"));
      expect(kept).toBe("1 disimpan\n");
      await output(at("mosquitto_pub", version, "-t", topic, "-n", "-r", "-q", "1"));
      const sub = await subscriber(version, topic, "-C", "1", "-F", "%r %p");
      await output(at("mosquitto_pub", version, "-t", topic, "-m", "baru", "-q", "1"));
      expect((await sub.outcome()).stdout).toBe("0 baru\n");
    },
  );

  testMosquitto(`${version}: a file of 3 MB arrives as it was sent`, async () => {
    const file = Buffer.alloc(3_000_000, "0123456789abcdef");
    const sub = await subscriber(version, `file/${version}`, "-C", "1", "-N");
    const pub = new Program(at("mosquitto_pub", version, "-t", `file/${version}`, "-s"), {
      input: file.toString(),
    });
    expect((await pub.outcome()).status).toBe(0);
    const received = (await sub.outcome()).stdout;
    expect(received.length).toBe(file.length);
    expect(received === file.toString()).toBe(true);
  });
}

testMosquitto("mqttv5: properties travel from mosquitto_pub to mosquitto_sub", async () => {
  const sub = await subscriber("mqttv5", "props", "-C", "1", "-F", "%C|%R|%D|%P|%p");
  const properties = [
    ["content-type", "text/plain"],
    ["response-topic", "jawab"],
    ["correlation-data", "abc"],
    ["user-property", "kota", "Surabaya"],
  ].flatMap(([name = "", ...value]) => ["-D", "publish", name, ...value]);
  await output(at("mosquitto_pub", "mqttv5", "-t", "props", "-m", "isi", "-q", "1", ...properties));
  expect((await sub.outcome()).stdout).toBe("text/plain|jawab|abc|kota:Surabaya|isi\n");
});

test("nothing of all this made the server complain", () => {
  expect(lab.complaints()).toEqual([]);
});
