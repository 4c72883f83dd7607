import { stat } from "node:fs/promises";
import { type LogContents, readLog } from "../../../storage/log-reader.ts";
import type { Contents } from "../ports/store.ts";
import { type MissingMessages, Replay } from "./replay.ts";

/** What is in a store's directory. */
export interface ReadStore {
  readonly log: LogContents;
  readonly contents: Contents;
  /** Groups whose records make no sense. */
  readonly nonsense: readonly string[];
  readonly missing: readonly MissingMessages[];
}

/** How often files that seem damaged, or are gone, are read again: a broker may be writing to them. */
const attempts = 20;

/** Between two attempts, in milliseconds. */
const pause = 100;

/**
 * Reads a store without changing anything, also while a broker uses it. Damage is told after a while only.
 * @param now by the calendar, in milliseconds
 * @throws {Error} when there is no store
 */
export async function readStore(directory: string, now: () => number): Promise<ReadStore> {
  await checkDirectory(directory);
  for (let attempt = 1; ; attempt++) {
    try {
      const store = await readOnce(directory, now);
      if ((isWhole(store) && isToItsEnd(store)) || attempt === attempts) return store;
    } catch (error) {
      // A segment has got another name meanwhile.
      const isGone = error instanceof Error && "code" in error && error.code === "ENOENT";
      if (!isGone || attempt === attempts) throw error;
    }
    await Bun.sleep(pause);
  }
}

export const isWhole = ({ log, nonsense }: Pick<ReadStore, "log" | "nonsense">): boolean =>
  log.damages.length === 0 && nonsense.length === 0;

/** What seems to be missing may have been written while the segments were read one after another. */
const isToItsEnd = ({ log }: Pick<ReadStore, "log">): boolean => log.unsynced === undefined;

async function readOnce(directory: string, now: () => number): Promise<ReadStore> {
  const replay = new Replay(now);
  const nonsense: string[] = [];
  const log = await readLog(directory, (body, group) => {
    try {
      replay.group(body);
    } catch (error) {
      nonsense.push(`group ${group}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  if (log.identity === undefined) throw new Error(`${directory} holds no store: there is no segment in it`);
  return { log, contents: replay.contents(), nonsense, missing: replay.missing() };
}

async function checkDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch(() => undefined);
  if (found === undefined)
    throw new Error(`${directory} is not there: name the persistence.directory of a service`);
  if (!found.isDirectory())
    throw new Error(`${directory} is a file: name the persistence.directory of a service`);
}
