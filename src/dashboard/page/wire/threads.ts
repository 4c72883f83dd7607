import type { Row } from "./rows.ts";
import { threadOf } from "./thread-of.ts";

/** The threads that serve in these rows, by service, in ascending order. */
export function threadsIn(rows: readonly Row[]): ReadonlyMap<string, readonly number[]> {
  const threads = new Map<string, Set<number>>();
  for (const row of rows) {
    const thread = row.is === "event" ? threadOf(row.event) : undefined;
    if (row.is === "gap" || thread === undefined) continue;
    const { service } = row.event;
    threads.set(service, (threads.get(service) ?? new Set()).add(thread));
  }
  return new Map([...threads].map(([service, found]) => [service, [...found].sort((a, b) => a - b)]));
}

/** `time · thread 2`, or the service alone. */
export const threadName = (service: string, thread: number | undefined): string =>
  thread === undefined ? service : `${service} · thread ${thread}`;

/** A text without the thread at its end, where the lane says it. */
export const withoutThread = (text: string): string => text.replace(/ \(thread \d+\)$/, "");
