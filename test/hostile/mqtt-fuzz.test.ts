import { expect, onTestFinished, test } from "bun:test";
import { connectAsync, type MqttClient } from "mqtt";
import { AttackMonitor, testDescriptorsAreBack } from "../support/attack-monitor.ts";
import { startLab } from "../support/lab.ts";
import { goodConnect, goodPackets, spoiled } from "../support/mqtt-mutations.ts";
import { Random } from "../support/random.ts";
import { RawClient } from "../support/raw-client.ts";
import { type Talk, talk } from "../support/talk.ts";
import { until } from "../support/until.ts";

const lab = await startLab(`
services:
  mqtt: { port: 0, maxRetained: 1000 }
  echo: { port: 0 }
`);

/** A random seed in every run; DISTSRV_FUZZ_SEED repeats one, DISTSRV_FUZZ_WAVES=5000 runs longer. */
const seed = Number(process.env.DISTSRV_FUZZ_SEED ?? Math.floor(Math.random() * 1_000_000));
const waves = Number(process.env.DISTSRV_FUZZ_WAVES ?? 150);
const perWave = 30;
const versions = [3, 4, 5] as const;
const good = {
  3: goodPackets(3, 150, seed),
  4: goodPackets(4, 150, seed),
  5: goodPackets(5, 150, seed),
};

/** A publisher and a subscriber with an independent client library, which check every message. */
async function healthyPair() {
  const received: string[] = [];
  const { promise: harmed, reject } = Promise.withResolvers<never>();
  // Checked in every wave; a failure after the last wave is found by the next line.
  harmed.catch(() => undefined);
  const join = async (clientId: string): Promise<MqttClient> => {
    const client = await connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, {
      ...{ clientId, protocolVersion: 5, reconnectPeriod: 0, keepalive: 5 },
    });
    client.on("close", () => reject(new Error(`${clientId} was disconnected`)));
    client.on("error", reject);
    onTestFinished(() => {
      client.removeAllListeners("close");
      client.end(true);
    });
    return client;
  };
  const subscriber = await join("healthy-subscriber");
  subscriber.on("message", (topic, payload) => {
    if (topic.startsWith("healthy/")) received.push(`${topic} ${payload}`);
  });
  await subscriber.subscribeAsync("healthy/#", { qos: 2 });
  return { publisher: await join("healthy-publisher"), harmed, received };
}

/** The bytes of a wave's hostile clients: the same for the same seed. */
function hostileClients(wave: number): Promise<unknown> {
  const random = new Random(seed * 100_003 + wave);
  const talks = Array.from({ length: perWave }, (_, index): Talk => {
    const version = random.pick(versions);
    const connect = random.below(5) === 0 ? Buffer.alloc(0) : goodConnect(version, `fuzz-${index}`);
    const bytes = Buffer.concat([connect, spoiled(good[version], random)]);
    return { bytes, resets: random.below(4) === 0 };
  });
  return Promise.all(talks.map((each) => talk(lab.port("mqtt"), each, random)));
}

async function survive(): Promise<void> {
  const monitor = new AttackMonitor(lab, "mqtt");
  const { publisher, harmed, received } = await healthyPair();
  const sent: string[] = [];
  for (let wave = 0; wave < waves; wave++) {
    const published = ([0, 1, 2] as const).map((qos) => {
      sent.push(`healthy/${qos} ${wave}`);
      return publisher.publishAsync(`healthy/${qos}`, String(wave), { qos });
    });
    await Promise.race([harmed, Promise.all([hostileClients(wave), ...published])]);
    expect([wave, lab.complaints()]).toEqual([wave, []]);
  }
  await Promise.race([harmed, until(() => received.length >= sent.length)]);
  for (const qos of [0, 1, 2]) {
    const ofQos = (messages: readonly string[]) =>
      messages.filter((each) => each.startsWith(`healthy/${qos} `));
    expect(ofQos(received)).toEqual(ofQos(sent));
  }
  await monitor.expectSurvived();
}

test(
  "mutated packets never cost healthy clients a message or their connection [MQTT-4.13.1-1]",
  () =>
    survive().catch((cause: unknown) => {
      throw new Error(`DISTSRV_FUZZ_SEED=${seed} DISTSRV_FUZZ_WAVES=${waves} reproduces it`, { cause });
    }),
  Math.max(20_000, waves * 1000),
);

/** The packets in `bytes`, all of them short, as hexadecimal digits. */
function framesOf(bytes: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + (bytes[at + 1] ?? 0);
    frames.push(bytes.subarray(at, end).toString("hex"));
    at = end;
  }
  return frames;
}

test.each(versions)(
  "version %d: packets that arrive byte by byte are answered like packets in one chunk [MQTT-4.2.0-1]",
  async (version) => {
    const properties = version === 5 ? [0] : [];
    const text = (value: string) => [0, value.length, ...Buffer.from(value)];
    const frame = (first: number, ...body: number[]) => Buffer.from([first, body.length, ...body]);
    const requests = Buffer.concat([
      goodConnect(version, `split-${version}`),
      frame(0x82, 0, 1, ...properties, ...text("split/#"), 2),
      frame(0x32, ...text("split/1"), 0, 5, ...properties, 0x61),
      frame(0x34, ...text("split/2"), 0, 6, ...properties, 0x62),
      frame(0x62, 0, 6),
      frame(0xa2, 0, 2, ...properties, ...text("split/#")),
      frame(0xc0),
    ]);
    const answers: string[][] = [];
    for (const size of [requests.length, 1, 2, 3, 7]) {
      const client = await RawClient.connect(lab.port("mqtt"));
      for (let at = 0; at < requests.length; at += size) {
        client.write(requests.subarray(at, at + size));
        // So that the kernel does not merge the pieces.
        if (size < requests.length) await new Promise((resolve) => setImmediate(resolve));
      }
      await until(() => client.received.subarray(-2).equals(Buffer.from([0xd0, 0])));
      client.end();
      answers.push(framesOf(await client.all()));
    }
    const [whole = []] = answers;
    // CONNACK, SUBACK, two messages, PUBACK, PUBREC, PUBCOMP, UNSUBACK, PINGRESP.
    expect(whole.map((frame) => frame.slice(0, 1)).sort()).toEqual([..."233457".split(""), "9", "b", "d"]);
    for (const answer of answers) expect(answer.sort()).toEqual(whole.sort());
  },
);

testDescriptorsAreBack(lab);
