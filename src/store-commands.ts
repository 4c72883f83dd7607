// What `distsrv store ...` does with the files of a durable broker.
import { closeSync, createReadStream, openSync, readFileSync, readSync } from "node:fs";
import { linesOf } from "./cli/terminal/io.ts";
import { reportDamage } from "./roles/mqtt/durable/damage.ts";
import { exportLines } from "./roles/mqtt/durable/export-store.ts";
import { importLines } from "./roles/mqtt/durable/import-store.ts";
import { isMosquittoDb, readMosquittoDb } from "./roles/mqtt/durable/mosquitto-db.ts";
import { isWhole, type ReadStore, readStore } from "./roles/mqtt/durable/read-store.ts";
import type { StoredSession } from "./roles/mqtt/ports/store.ts";
import { exitStatus } from "./server/io.ts";

export interface StoreOutput {
  /** Resolves when the output has taken it: a backup is larger than what may wait in memory. */
  write(text: string): Promise<void>;
  error(text: string): void;
}

/** Lines are written together, up to about so many characters. */
const chunkSize = 64 * 1024;

async function writeLines(lines: Iterable<string>, out: StoreOutput): Promise<void> {
  let chunk = "";
  for (const line of lines) {
    chunk += line;
    if (chunk.length < chunkSize) continue;
    await out.write(chunk);
    chunk = "";
  }
  if (chunk !== "") await out.write(chunk);
}

/** The size of the segments that an import writes. */
const segmentSize = 16 * 1024 * 1024;

/** Sessions, messages, bytes and ages. */
export async function storeInfo(directory: string, asJson: boolean, out: StoreOutput): Promise<number> {
  return await withStore(directory, out, async (store) => {
    const facts = factsOf(directory, store);
    const lines = Object.entries(facts).map(([name, value]) => `${`${name}:`.padEnd(22)}${value}\n`);
    await writeLines(asJson ? [`${JSON.stringify(facts)}\n`] : lines, out);
    return exitStatus.ok;
  });
}

/** Each session on a line; as JSON Lines all there is. */
export async function storeDump(directory: string, asJson: boolean, out: StoreOutput): Promise<number> {
  if (asJson) return await storeExport(directory, out);
  return await withStore(directory, out, async ({ contents }) => {
    await writeLines(describeAll(contents), out);
    return exitStatus.ok;
  });
}

function* describeAll({ sessions, retained, wills }: ReadStore["contents"]): Generator<string> {
  for (const session of sessions) yield `${describe(session)}\n`;
  for (const { topic, payload } of retained)
    yield `retained ${JSON.stringify(topic)}: ${payload.length} bytes\n`;
  for (const { clientId, delay } of wills) {
    yield `will of ${JSON.stringify(clientId)}, ${Math.round(delay / 1000)} s after it is lost\n`;
  }
}

/** Status 0: every byte that counts is what was written. */
export async function storeVerify(directory: string, out: StoreOutput): Promise<number> {
  return await withStore(directory, out, async (store) => {
    const { log, nonsense, missing } = store;
    if (!isWhole(store)) {
      out.error(`${reportDamage(directory, log.damages, nonsense, missing)}\n`);
      return exitStatus.failed;
    }
    const torn = log.torn === 0 ? "" : `; the last one, of ${log.torn} bytes, was not written to its end`;
    const unsynced =
      log.unsynced === undefined
        ? ""
        : `; ${log.unsynced.groups} after it had not been synced when the power failed, and are left out`;
    out.write(
      `${directory} is whole: ${log.segments.length} segments, the last group is ${log.lastGroup}${torn}${unsynced}\n`,
    );
    return exitStatus.ok;
  });
}

/** All there is as JSON Lines. */
export async function storeExport(directory: string, out: StoreOutput): Promise<number> {
  return await withStore(directory, out, async ({ contents }, now) => {
    await writeLines(exportLines(contents, now), out);
    return exitStatus.ok;
  });
}

/** @param file with exported lines; undefined: standard input */
export async function storeImport(
  directory: string,
  file: string | undefined,
  out: StoreOutput,
): Promise<number> {
  try {
    // Not node:readline, whose lines were lost, or never ended, when the stream had ended before they were asked for.
    const { sessions, messages, retained, wills } = await importLines(
      directory,
      file !== undefined && isOfMosquitto(file) ? linesOfMosquitto(file) : linesOf(bytesOf(file)),
      segmentSize,
    );
    await out.write(
      `Imported ${counted(sessions, "session")}, ${counted(messages, "message")}, ${counted(retained, "retained message")} and ${counted(wills, "will")} into ${directory}\n`,
    );
    return exitStatus.ok;
  } catch (error) {
    return failed(`Cannot import ${file ?? "standard input"} into ${directory}`, error, out);
  }
}

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`;

/** Opened when the first of them is asked for: an error before that would have nobody to tell. */
function isOfMosquitto(file: string): boolean {
  const handle = openSync(file, "r");
  try {
    const head = new Uint8Array(64);
    return isMosquittoDb(head.subarray(0, readSync(handle, head)));
  } finally {
    closeSync(handle);
  }
}

async function* linesOfMosquitto(file: string): AsyncGenerator<string> {
  const now = Date.now();
  yield* exportLines(readMosquittoDb(readFileSync(file), now), now);
}

async function* bytesOf(file: string | undefined): AsyncGenerator<Uint8Array> {
  yield* file === undefined ? process.stdin : createReadStream(file);
}

async function withStore(
  directory: string,
  out: StoreOutput,
  use: (store: ReadStore, now: number) => Promise<number>,
): Promise<number> {
  try {
    // All times are told as of one moment.
    const now = Date.now();
    return await use(await readStore(directory, () => now), now);
  } catch (error) {
    return failed(`Cannot read ${directory}`, error, out);
  }
}

function failed(what: string, error: unknown, out: StoreOutput): number {
  out.error(`${what}: ${error instanceof Error ? error.message : String(error)}\n`);
  return exitStatus.failed;
}

function factsOf(directory: string, { log, contents }: ReadStore): Record<string, string | number> {
  const sessions = Array.from(contents.sessions, countOf);
  const sum = (name: keyof SessionCount) => sessions.reduce((total, session) => total + session[name], 0);
  return {
    directory,
    format: log.segments[0]?.header.version ?? 0,
    files: log.segments.length + log.unused.length,
    bytesOnDisk: [...log.segments, ...log.unused].reduce((total, { size }) => total + size, 0),
    bytesReadAtStart: log.bytes,
    lastGroup: log.lastGroup,
    sessions: sessions.length,
    subscriptions: sum("subscriptions"),
    queuedMessages: sum("queued"),
    inFlightMessages: sum("inFlight"),
    retainedMessages: [...contents.retained].length,
    wills: [...contents.wills].length,
    longestAwaySeconds: Math.round(sessions.reduce((longest, { away }) => Math.max(longest, away), 0) / 1000),
  };
}

interface SessionCount {
  readonly subscriptions: number;
  readonly queued: number;
  readonly inFlight: number;
  /** Of the payloads. */
  readonly bytes: number;
  readonly away: number;
}

function countOf({ subscriptions, deliveries, away }: StoredSession): SessionCount {
  const all = [...deliveries];
  const inFlight = all.filter(({ packetId }) => packetId !== undefined).length;
  const bytes = all.reduce((sum, { message }) => sum + message.payload.length, 0);
  return { subscriptions: [...subscriptions].length, queued: all.length - inFlight, inFlight, bytes, away };
}

function describe(session: StoredSession): string {
  const { clientId, owner, expiry } = session;
  const { subscriptions, queued, inFlight, bytes, away } = countOf(session);
  const lasts = expiry === Number.POSITIVE_INFINITY ? "for ever" : `${Math.round(expiry / 1000)} s`;
  return [
    `session ${JSON.stringify(clientId)}${owner === undefined ? "" : ` of ${JSON.stringify(owner)}`}`,
    away === 0 ? "connected when the broker ended" : `away for ${Math.round(away / 1000)} s`,
    `lasts ${lasts}`,
    `${subscriptions} subscriptions`,
    `${queued} queued, ${inFlight} in flight, ${bytes} bytes`,
  ].join(", ");
}
