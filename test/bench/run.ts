// `bun run bench`: distsrv and its peers side by side.
import { describeError } from "../../src/core/errors.ts";
import { runningPeer } from "./brokers.ts";
import type { Case, Row } from "./case.ts";
import { accessCases } from "./cases/access.ts";
import { captureCases } from "./cases/capture.ts";
import { durableCases } from "./cases/durable.ts";
import { httpCases } from "./cases/http.ts";
import { mqttCases } from "./cases/mqtt.ts";
import { streamCases } from "./cases/streams.ts";
import { zmqCases } from "./cases/zmq.ts";
import { checkNames, choose, nameOf } from "./choice.ts";
import { dashboardFootprints } from "./dashboard.ts";
import { useBinary } from "./distsrv.ts";
import { measureFootprint, footprints as ofTheLab } from "./footprint.ts";
import { killAll } from "./launch.ts";
import { measureCase, type Settings } from "./measure.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { recoveryFootprints } from "./recovery.ts";
import { json, table } from "./report.ts";
import { watcherFootprints } from "./watchers.ts";
import { Workshop } from "./workshop.ts";
import { xmlFootprints } from "./xml.ts";

const casesFor = (options: Pick<Options, "peers">): readonly Case[] => [
  ...streamCases,
  ...httpCases,
  ...zmqCases,
  ...mqttCases(options.peers.map(({ name, port }) => runningPeer(name, port))),
  ...durableCases,
  ...accessCases,
  ...captureCases,
];

const footprints = [
  ...ofTheLab,
  ...xmlFootprints,
  ...dashboardFootprints,
  ...recoveryFootprints,
  ...watcherFootprints,
];
const everything = [...casesFor({ peers: [] }), ...footprints];
const groups = [...new Set(everything.map(({ group }) => group))];

async function bench(options: Options, workshop: Workshop): Promise<readonly Row[]> {
  const settings: Settings = { ...options, progress };
  const rows: Row[] = [];
  for (const work of choose(casesFor(options), options.names, options.full)) {
    rows.push(...(await measureCase(work, workshop, settings)));
  }
  for (const footprint of choose(footprints, options.names, options.full)) {
    rows.push(await measureFootprint(footprint, settings));
  }
  progress("");
  return rows;
}

/** Progress on one line that is overwritten; only on a terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function fail(message: string): never {
  process.stderr.write(`bench: ${message}\n`);
  process.exit(2);
}

let options: Options | undefined;
try {
  options = readOptions(process.argv.slice(2));
  checkNames(everything, options?.names ?? []);
} catch (error) {
  fail(describeError(error));
}
if (options === undefined) {
  process.stdout.write(usage(groups));
  process.exit(0);
}
if (options.list) {
  const listed = choose(everything, options.names, true);
  process.stdout.write(listed.map((row) => `${nameOf(row)}${row.isHeavy ? "  (--full)" : ""}\n`).join(""));
  process.exit(0);
}
if (options.binary !== undefined) useBinary(options.binary);

const workshop = new Workshop();
process.on("exit", () => {
  killAll();
  workshop[Symbol.dispose]();
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

const rows = await bench(options, workshop);
process.stdout.write(options.json ? json(rows) : table(rows));
// A goal that is not met is a result; a wrong reply, or a server that does not start, is a failure.
process.exit(rows.some(({ kind }) => kind === "failed") ? 1 : 0);
