import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { RateHistory } from "../../observe/rate-history.ts";
import type { Supervisor } from "../run/supervisor.ts";

/** Milliseconds between two points. */
export const ratePeriod = 10_000;

export interface RecordedRates {
  readonly history: RateHistory;
  stop(): void;
}

/** Records the rates of all services from now on, whether somebody looks or not. */
export function recordRates(supervisor: Supervisor, log: Logger): RecordedRates {
  const history = new RateHistory();
  const record = () =>
    takePoint(supervisor, history).catch((error: unknown) =>
      log.warning(`Could not read the rates of the services: ${describeError(error)}`),
    );
  void record();
  const timer = setInterval(record, ratePeriod);
  return { history, stop: () => clearInterval(timer) };
}

export async function takePoint(supervisor: Supervisor, history: RateHistory): Promise<void> {
  const stats = await Promise.all(
    supervisor.status().map(async ({ name }) => [name, await supervisor.stats(name)] as const),
  );
  history.add(Date.now(), new Map(stats));
}
