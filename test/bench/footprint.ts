import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { version } from "../../package.json";
import { describeError } from "../../src/core/errors.ts";
import type { Row, Spread } from "./case.ts";
import { launchDistsrv, type Ports } from "./distsrv.ts";
import type { Launched } from "./launch.ts";
import { describeMissing, missing, type Need } from "./machine.ts";
import type { Settings } from "./measure.ts";
import { settledMemory } from "./memory.ts";
import { spread } from "./statistics.ts";

const root = join(import.meta.dir, "../..");

/** Measurements of distsrv alone, against a limit. */
export interface Footprint {
  readonly group: string;
  readonly title: string;
  readonly unit: string;
  readonly below: number;
  readonly isHeavy?: boolean;
  /** What the machine must have for it. */
  readonly needs?: readonly Need[];
  measure(settings: Settings): Promise<Spread>;
}

const built = (file: string, command: string): Need => ({
  name: file,
  install: command,
  isThere: () => existsSync(join(root, file)),
});

/** In megabytes; what both names share counts once. */
const sizeOf = async (file: string) => spread([statSync(join(root, file)).size / 1e6]);

const binary = "dist/distsrv";
const debianPackage = `dist/distsrv_${version}_${process.arch === "arm64" ? "arm64" : "amd64"}.deb`;

export const footprints: readonly Footprint[] = [
  {
    group: "size",
    title: "both programs, one file",
    unit: "MB",
    below: 130,
    needs: [built(binary, "npm run build")],
    measure: () => sizeOf(binary),
  },
  {
    group: "size",
    title: "the package for Debian",
    unit: "MB",
    below: 60,
    needs: [built(debianPackage, "npm run deb")],
    measure: () => sizeOf(debianPackage),
  },
  {
    group: "start",
    title: "the whole lab, to every port listening",
    unit: "ms",
    below: 150,
    measure: ({ rounds }) => measureStart(Math.max(rounds, 5)),
  },
  {
    group: "memory",
    title: "the idle lab",
    unit: "MB",
    below: 90,
    measure: () => withLab(async ({ pid }) => spread([(await settledMemory(pid)) / 1e6])),
  },
];

export async function measureFootprint(footprint: Footprint, settings: Settings): Promise<Row> {
  const { group, title, unit, below, needs = [] } = footprint;
  const lacking = missing(needs);
  if (lacking.length > 0) return { group, title, kind: "skipped", reason: describeMissing(lacking) };
  settings.progress(`${group}, ${title}`);
  try {
    return { group, title, kind: "limit", unit, below, ours: await footprint.measure(settings) };
  } catch (error) {
    return { group, title, kind: "failed", reason: describeError(error) };
  }
}

const labFile = join(root, "config/lab.yaml");

/** The lab as it is shipped, on free ports of 127.0.0.1. */
function launchLab(): Promise<Launched<Ports>> {
  const { services } = parse(readFileSync(labFile, "utf8")) as { services: Record<string, unknown> };
  const ports = Object.keys(services).flatMap((name) => ["--set", `services.${name}.port=0`]);
  return launchDistsrv(["--config", labFile, "--set", "host=127.0.0.1", "--set", "admin.port=0", ...ports]);
}

async function withLab<T>(use: (lab: Launched<Ports>) => Promise<T>): Promise<T> {
  const lab = await launchLab();
  try {
    return await use(lab);
  } finally {
    await lab.stop();
  }
}

/** From the start of the program to the log line that all services run. */
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
