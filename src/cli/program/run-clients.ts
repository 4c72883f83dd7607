import { describeError } from "../../core/errors.ts";
import { table } from "../terminal/table.ts";
import type { CommandContext } from "./command-context.ts";
import { CliError, PeerError } from "./errors.ts";
import { formatDuration } from "./timeout.ts";

/** What one client of a crowd lived through, in milliseconds since the crowd set out. */
export interface ClientLog {
  connected?: number;
  firstAnswer?: number;
  lastAnswer?: number;
  answers: number;
  failure?: unknown;
}

/** One client's work: tells `log` what happens, fails for itself alone. */
export type CrowdMember = (number: number, log: ClientLog, since: () => number) => Promise<void>;

/** A longer table tells nothing to a person. */
const tableRows = 25;

/**
 * Runs `count` clients at once and says on stderr when each was connected and answered: against an iterative
 * server, the second is connected and waits.
 * @throws {PeerError} when any of them failed
 */
export async function crowd(context: CommandContext, count: number, member: CrowdMember): Promise<void> {
  const start = performance.now();
  const since = () => performance.now() - start;
  const logs = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const log: ClientLog = { answers: 0 };
      await member(index + 1, log, since).catch((error: unknown) => {
        log.failure = error;
      });
      return log;
    }),
  );
  context.signal.throwIfAborted();
  context.note(count <= tableRows ? asTable(logs, context) : summary(logs));
  const failures = logs.filter((log) => log.failure !== undefined);
  if (failures.length > 0)
    throw crowdFailure(
      failures.map((log) => log.failure),
      count,
    );
}

/** One client's own error when all failed for the same kind of reason (so a timeout stays a timeout). */
function crowdFailure(failures: readonly unknown[], count: number): Error {
  const [first] = failures;
  const message = `${failures.length} of ${count} clients failed; the first: ${describeError(first)}`;
  if (first instanceof CliError && failures.length === count) return first;
  return new PeerError("clients-failed", message, { cause: first });
}

function asTable(logs: readonly ClientLog[], { noteStyle }: CommandContext): string {
  const time = (value: number | undefined) => (value === undefined ? "-" : formatDuration(value));
  const rows = logs.map((log, index) => [
    String(index + 1),
    time(log.connected),
    time(log.firstAnswer),
    time(log.lastAnswer),
    String(log.answers),
    log.failure === undefined ? "" : noteStyle.bad("failed"),
  ]);
  return table(
    [
      { title: "client", align: "right" },
      { title: "connected", align: "right" },
      { title: "first answer", align: "right" },
      { title: "last answer", align: "right" },
      { title: "answers", align: "right" },
      { title: "" },
    ],
    rows,
  );
}

function summary(logs: readonly ClientLog[]): string {
  const served = logs.flatMap((log) => log.firstAnswer ?? []).toSorted((a, b) => a - b);
  const answers = logs.reduce((sum, log) => sum + log.answers, 0);
  const at = (share: number) => formatDuration(served[Math.floor(share * (served.length - 1))] ?? 0);
  const head = `${logs.length} clients, ${answers} answers`;
  if (served.length === 0) return head;
  return `${head}; first answer after ${at(0)} (fastest), ${at(0.5)} (median), ${at(1)} (slowest)`;
}
