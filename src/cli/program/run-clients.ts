import { describeError } from "../../core/errors.ts";
import { formatDuration } from "../../protocol/text/units.ts";
import { table, tableWidth } from "../terminal/table.ts";
import type { CommandContext } from "./command-context.ts";
import { CliError, OutputError, PeerError } from "./errors.ts";

/** What happened to one of several clients, in milliseconds since all of them started. */
export interface ClientTimes {
  connected?: number;
  firstAnswer?: number;
  lastAnswer?: number;
  answers: number;
  failure?: unknown;
}

/** The work of one client: fills in `times`. If it rejects, the other clients go on. */
export type RunClient = (number: number, times: ClientTimes, elapsed: () => number) => Promise<void>;

/** With more clients than this, a summary replaces the table. */
const maxRows = 25;

/**
 * Runs `count` clients at once and prints to stderr when each was connected and answered: with an iterative server,
 * the second client is connected at once and answered only after the first has left.
 * @throws {PeerError} when any of them failed
 */
export async function runClients(context: CommandContext, count: number, run: RunClient): Promise<void> {
  const start = performance.now();
  const elapsed = () => performance.now() - start;
  const clients = await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const times: ClientTimes = { answers: 0 };
      await run(index + 1, times, elapsed).catch((error: unknown) => {
        // What Ctrl-C ends has not failed, but for output that could not be written.
        if (!context.signal.aborted || error instanceof OutputError) times.failure = error;
      });
      return times;
    }),
  );
  const failures = clients.map(({ failure }) => failure).filter((failure) => failure !== undefined);
  const unwritten = failures.find((failure) => failure instanceof OutputError);
  if (unwritten !== undefined) throw unwritten;
  if (failures.length === 0) context.signal.throwIfAborted();
  context.note(count <= maxRows ? asTable(clients, context) : summary(clients));
  if (failures.length > 0) throw clientsFailed(failures, count);
}

/** The first client's own error when all of them failed (so a timeout stays a timeout). */
function clientsFailed(failures: readonly unknown[], count: number): Error {
  const [first] = failures;
  const message = `${failures.length} of ${count} clients failed; the first: ${describeError(first)}`;
  if (first instanceof CliError && failures.length === count) return first;
  return new PeerError("clients-failed", message, { cause: first });
}

function asTable(clients: readonly ClientTimes[], { noteStyle, io }: CommandContext): string {
  const time = (value: number | undefined) => (value === undefined ? "-" : formatDuration(value));
  const rows = clients.map((client, index) => [
    String(index + 1),
    time(client.connected),
    time(client.firstAnswer),
    time(client.lastAnswer),
    String(client.answers),
    client.failure === undefined ? "" : noteStyle.bad("failed"),
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
    tableWidth(io.stderr, io.env),
  );
}

function summary(clients: readonly ClientTimes[]): string {
  const sorted = clients.flatMap(({ firstAnswer }) => firstAnswer ?? []).toSorted((a, b) => a - b);
  const answers = clients.reduce((sum, client) => sum + client.answers, 0);
  const at = (share: number) => formatDuration(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  const head = `${clients.length} clients, ${answers} answers`;
  if (sorted.length === 0) return head;
  return `${head}; first answer after ${at(0)} (fastest), ${at(0.5)} (median), ${at(1)} (slowest)`;
}
