import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Spread } from "./case.ts";
import { launchDistsrv, runDistsrv } from "./distsrv.ts";
import type { Footprint } from "./footprint.ts";
import { mqtt } from "./loads.ts";
import { gcc } from "./machine.ts";
import { peakMemory } from "./memory.ts";
import { spread } from "./statistics.ts";
import { Workshop } from "./workshop.ts";

const group = "recovery";
const messages = 1_000_000;
const sessions = 10_000;
const payload = Buffer.alloc(100, "x").toString("base64");

/** An exported store. Each session has messages of its own: none is kept once for several. */
function* queued(): Generator<object> {
  const each = messages / sessions;
  yield { type: "store", version: 1 };
  for (let session = 0; session < sessions; session++) {
    const topic = `kelas/${session}`;
    const ids = Array.from({ length: each }, (_, index) => session * each + index + 1);
    for (const id of ids) yield { type: "message", id, topic, qos: 1, retain: false, payload };
    yield {
      type: "session",
      clientId: `client-${session}`,
      expiry: "forever",
      awaySince: new Date().toISOString(),
      subscriptions: [{ filter: topic, qos: 1, noLocal: false, retainAsPublished: false, identifier: 0 }],
      deliveries: ids.map((message, index) => ({ number: index + 1, message, qos: 1, retain: false })),
      awaitingPubcomp: [],
      incoming: [],
    };
  }
}

function* retained(): Generator<object> {
  yield { type: "store", version: 1 };
  for (let index = 0; index < messages; index++)
    yield { type: "retained", topic: `rumah/${index >> 8}/${index & 255}`, qos: 1, retain: true, payload };
}

interface Recovery {
  /** In milliseconds, from the start of the program until it listens. */
  readonly time: number;
  /** The most that was resident, in megabytes. */
  readonly memory: number;
}

/** Makes a store of these lines, and starts a broker with it so many times. */
async function recover(lines: () => Iterable<object>, rounds: number): Promise<readonly Recovery[]> {
  using workshop = new Workshop();
  const text = Array.from(lines(), (line) => `${JSON.stringify(line)}\n`).join("");
  const directory = join(await workshop.newFolder(), "data");
  await runDistsrv(["store", "import", directory, await workshop.file(text, ".jsonl")]);
  const config = await brokerFile(workshop, directory);
  const recoveries: Recovery[] = [];
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    const broker = await launchDistsrv(["--config", config], 60_000);
    recoveries.push({ time: performance.now() - begin, memory: peakMemory(broker.pid) / 1e6 });
    await broker.stop();
  }
  return recoveries;
}

const brokerFile = (workshop: Workshop, directory: string): Promise<string> =>
  workshop.file(
    JSON.stringify({
      ...{ host: "127.0.0.1", admin: false, log: { messages: 0 } },
      services: { mqtt: { port: 0, publish: [], persistence: { directory } } },
    }),
    ".yaml",
  );

/** Both figures of a store are taken from the same starts. */
function rowsOf(title: string, lines: () => Iterable<object>): readonly Footprint[] {
  let taken: Promise<readonly Recovery[]> | undefined;
  const figure = (name: keyof Recovery) => async (settings: { readonly rounds: number }) => {
    taken ??= recover(lines, Math.max(settings.rounds, 3));
    return spread((await taken).map((recovery) => recovery[name]));
  };
  return [
    { group, title, unit: "ms", below: 5000, isHeavy: true, measure: figure("time") },
    { group, title: `${title}: memory`, unit: "MB", below: 1000, isHeavy: true, measure: figure("memory") },
  ];
}

/** What a durable broker's directory takes once so many messages have passed and none is left, in megabytes. */
async function filesAfterwards(seconds: number): Promise<Spread> {
  using workshop = new Workshop();
  const directory = join(await workshop.newFolder(), "data");
  mkdirSync(directory);
  const broker = await launchDistsrv(["--config", await brokerFile(workshop, directory)]);
  try {
    const server = { port: broker.value.get("mqtt") ?? 0, pid: broker.pid, stop: broker.stop };
    const pairs = { publishers: 10, subscribers: 10, mode: "pair", isLasting: true } as const;
    await mqtt({ ...pairs, qos: 1, payload: 1000 }).measure(server, seconds, workshop);
    const sizes = readdirSync(directory).map((name) => statSync(join(directory, name)).size);
    return spread([sizes.reduce((sum, size) => sum + size, 0) / 1e6]);
  } finally {
    await broker.stop();
  }
}

/** What a durable broker has to do with what it kept. */
export const recoveryFootprints: readonly Footprint[] = [
  ...rowsOf("1,000,000 messages queued in 10,000 sessions", queued),
  ...rowsOf("1,000,000 retained messages", retained),
  {
    group,
    title: "the files, after millions of messages of 1 KB have passed",
    unit: "MB",
    // Two segments, and three times the little that is kept.
    below: 60,
    isHeavy: true,
    needs: [gcc],
    measure: () => filesAfterwards(30),
  },
];
