import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { describeError } from "../../src/core/errors.ts";
import type { Row, Spread } from "./case.ts";
import { launchDistsrv, type Ports } from "./distsrv.ts";
import { type Launched, launch } from "./launch.ts";
import { describeMissing, gcc, missing } from "./machine.ts";
import type { Settings } from "./measure.ts";
import { spread } from "./statistics.ts";
import type { Workshop } from "./workshop.ts";

/** What is measured of distsrv alone, against a limit. */
export interface Footprint {
  readonly group: string;
  readonly title: string;
  readonly unit: string;
  readonly below: number;
  measure(workshop: Workshop, settings: Settings): Promise<Spread>;
}

const idleClients = 10_000;

export const footprints: readonly Footprint[] = [
  {
    group: "start",
    title: "the whole lab, to every port listening",
    unit: "ms",
    below: 150,
    measure: (_, { rounds }) => measureStart(Math.max(rounds, 5)),
  },
  {
    group: "memory",
    title: "the idle lab",
    unit: "MB",
    below: 90,
    measure: () => withLab(async ({ pid }) => spread([await settledMegabytes(pid)])),
  },
  {
    group: "memory",
    title: "10,000 idle MQTT connections, added",
    unit: "MB",
    below: 120,
    measure: (workshop) => withLab((lab) => measureIdleClients(lab, workshop)),
  },
];

export async function measureFootprint(
  footprint: Footprint,
  workshop: Workshop,
  settings: Settings,
): Promise<Row> {
  const { group, title, unit, below } = footprint;
  settings.progress(`${group}, ${title}`);
  const lacking = missing(group === "memory" ? [gcc] : []);
  if (lacking.length > 0) return { group, title, kind: "skipped", reason: describeMissing(lacking) };
  try {
    return { group, title, kind: "limit", unit, below, ours: await footprint.measure(workshop, settings) };
  } catch (error) {
    return { group, title, kind: "failed", reason: describeError(error) };
  }
}

const labFile = join(import.meta.dir, "../../config/lab.yaml");

/** The lab as it is shipped, on free ports of 127.0.0.1. */
function launchLab(): Promise<Launched<Ports>> {
  const { services } = parse(readFileSync(labFile, "utf8")) as { services: Record<string, unknown> };
  const ports = Object.keys(services).flatMap((name) => ["--set", `services.${name}.port=0`]);
  return launchDistsrv(["--config", labFile, "--set", "host=127.0.0.1", ...ports]);
}

async function withLab<T>(use: (lab: Launched<Ports>) => Promise<T>): Promise<T> {
  const lab = await launchLab();
  try {
    return await use(lab);
  } finally {
    await lab.stop();
  }
}

/** From the start of the program to the line that says that all services run. */
async function measureStart(rounds: number): Promise<Spread> {
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const begin = performance.now();
    const lab = await launchLab();
    if (round > 0) times.push(performance.now() - begin); // the first one fills the disk cache
    await lab.stop();
  }
  return spread(times);
}

async function measureIdleClients(lab: Launched<Ports>, workshop: Workshop): Promise<Spread> {
  const port = lab.value.get("mqtt");
  if (port === undefined) throw new Error("the lab has no service mqtt");
  const before = await settledMegabytes(lab.pid);
  const program = await workshop.program("load/mqtt-idle.c");
  const read = (line: string) => (line === `connected ${idleClients}` ? true : undefined);
  const clients = await launch([program, String(port), String(idleClients)], read, 60_000);
  try {
    return spread([(await settledMegabytes(lab.pid)) - before]);
  } finally {
    await clients.stop();
  }
}

/** Resident memory once it has stood still for a second, or after ten. */
async function settledMegabytes(pid: number): Promise<number> {
  let last = residentMegabytes(pid);
  for (let second = 0; second < 10; second++) {
    await Bun.sleep(1000);
    const now = residentMegabytes(pid);
    if (Math.abs(now - last) < 0.5) return now;
    last = now;
  }
  return last;
}

function residentMegabytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return (Number(kilobytes) * 1024) / 1e6;
}
