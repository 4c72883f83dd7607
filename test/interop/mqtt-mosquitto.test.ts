import { expect, onTestFinished, test } from "bun:test";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { givenLines, output, Program } from "../support/program.ts";
import { until } from "../support/until.ts";

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

/** Starts mosquitto_sub. @returns it, once the broker has logged its SUBSCRIBE */
async function subscriber(version: string, filter: string, ...rest: string[]): Promise<Program> {
  const program = new Program(at("mosquitto_sub", version, "-t", filter, ...rest));
  onTestFinished(() => program.kill());
  const before = lab.log.filter(({ message }) => message.startsWith("SUBSCRIBE")).length;
  await lab.untilLogged("mqtt", "SUBSCRIBE", before + 1);
  return program;
}

for (const version of ["mqttv31", "mqttv311", "mqttv5"]) {
  testMosquitto(`${version}: mosquitto_sub receives from a built-in publisher at once`, async () => {
    const printed = await output(at("mosquitto_sub", version, "-t", "sister/#", "-C", "3", "-v"));
    expect(printed).toMatch(/^(sister\/temp Suhu: (2\d|3[0-5])°C\n){3}$/);
  });

  for (const qos of ["0", "1", "2"]) {
    testMosquitto(`${version}: mosquitto_pub reaches mosquitto_sub at QoS ${qos}, in order`, async () => {
      const topic = `order/${version}/${qos}`;
      const sub = await subscriber(version, `order/+/${qos}`, "-q", qos, "-C", "200");
      const lines = Array.from({ length: 200 }, (_, i) => `pesan ${i} °C`);
      givenLines(at("mosquitto_pub", version, "-t", topic, "-q", qos, "-l"), lines);
      const { status, stdout } = await sub.outcome();
      expect(status).toBe(0);
      expect(stdout).toBe(`${lines.join("\n")}\n`);
    });
  }

  testMosquitto(
    `${version}: a retained message is sent to a later subscriber, and an empty one clears it`,
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

  testMosquitto(`${version}: a file of 3 MB is delivered unchanged`, async () => {
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

  testMosquitto(
    `${version}: the will of a killed client is published, that of one that disconnects is not`,
    async () => {
      const wills = `will/${version}/+`;
      const watcher = await subscriber(version, wills, "-q", "1", "-C", "2", "-F", "%t %p %q");
      const will = (name: string) => [
        "--will-topic",
        `will/${version}/${name}`,
        "--will-payload",
        name,
        "--will-qos",
        "1",
      ];
      const ended = await subscriber(version, `leave/${version}`, "-k", "60", "-C", "1", ...will("ended"));
      await output(at("mosquitto_pub", version, "-t", `leave/${version}`, "-m", "now"));
      expect((await ended.outcome()).status).toBe(0);
      const killed = await subscriber(version, "nothing", "-k", "60", ...will("killed"));
      await killed.kill();
      await output(at("mosquitto_pub", version, "-t", `will/${version}/end`, "-m", "end", "-q", "1"));
      expect((await watcher.outcome()).stdout.split("\n").sort().slice(1)).toEqual([
        `will/${version}/end end 1`,
        `will/${version}/killed killed 1`,
      ]);
    },
  );

  testMosquitto(
    `${version}: messages published while mosquitto_sub is offline are delivered later`,
    async () => {
      const id = ["-i", `away-${version}`, "-c", "-q", "2", ...(version === "mqttv5" ? ["-x", "60"] : [])];
      const topic = `away/${version}`;
      const first = await subscriber(version, topic, ...id, "-C", "1");
      await output(at("mosquitto_pub", version, "-t", topic, "-m", "0", "-q", "2"));
      expect((await first.outcome()).stdout).toBe("0\n");
      for (const [qos, text] of ["lost", "1", "2"].entries()) {
        await output(at("mosquitto_pub", version, "-t", topic, "-m", text, "-q", String(qos)));
      }
      expect(await output(at("mosquitto_sub", version, "-t", topic, ...id, "-C", "2"))).toBe("1\n2\n");
    },
  );
}

testMosquitto("mqttv5: mosquitto_rr gets its reply by response topic and correlation data", async () => {
  const asked = await subscriber("mqttv5", "ask/time", "-C", "1", "-F", "%R|%D|%p", "-q", "1");
  const correlation = ["-D", "publish", "correlation-data", "nr-7"];
  const asker = new Program(
    at(
      "mosquitto_rr",
      "mqttv5",
      "-t",
      "ask/time",
      "-e",
      "answer/here",
      "-m",
      "when?",
      "-q",
      "1",
      ...correlation,
      "-F",
      "%p %D",
    ),
  );
  onTestFinished(() => asker.kill());
  const [topic = "", data = "", question] = (await asked.outcome()).stdout.trimEnd().split("|");
  expect([topic, data, question]).toEqual(["answer/here", "nr-7", "when?"]);
  const answer = ["-t", topic, "-m", "now", "-q", "1", "-D", "publish", "correlation-data", data];
  await output(at("mosquitto_pub", "mqttv5", ...answer));
  expect((await asker.outcome()).stdout).toBe("now nr-7\n");
});

testMosquitto(
  "mqttv5: a shared subscription distributes messages between two mosquitto_sub, each once",
  async () => {
    // With its own receive maximum of 20, one that stands still would be passed over.
    const worker = ["$share/team/jobs/#", "-q", "1", "-D", "connect", "receive-maximum", "100"] as const;
    const workers = [await subscriber("mqttv5", ...worker), await subscriber("mqttv5", ...worker)];
    const watcher = await subscriber("mqttv5", "jobs/#", "-q", "1", "-C", "100");
    const jobs = Array.from({ length: 100 }, (_, index) => `job ${index}`);
    givenLines(at("mosquitto_pub", "mqttv5", "-t", "jobs/new", "-q", "1", "-l"), jobs);
    expect((await watcher.outcome()).stdout).toBe(`${jobs.join("\n")}\n`);
    const done = () => workers.map(({ stdout }) => stdout.split("\n").slice(0, -1));
    await until(() => done().flat().length >= jobs.length);
    expect(done().flat().sort()).toEqual(jobs.toSorted());
    // Each gets a quarter at least.
    for (const part of done()) expect(part.length).toBeGreaterThan(jobs.length / 4);
  },
);

testMosquitto(
  "mqttv5: mosquitto_sub that is stopped disconnects with its will, and the will is published",
  async () => {
    const watcher = await subscriber("mqttv5", "stop/will", "-C", "1");
    const sub = await subscriber(
      "mqttv5",
      "nothing",
      "--will-topic",
      "stop/will",
      "--will-payload",
      "asked for",
    );
    sub.signal("SIGTERM");
    expect((await watcher.outcome()).stdout).toBe("asked for\n");
  },
);

testMosquitto("mqttv5: properties are forwarded from mosquitto_pub to mosquitto_sub", async () => {
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

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
