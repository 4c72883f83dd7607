import type { Service } from "../api/types.ts";
import { messagesWithin, type RecordedRates } from "./recorded-rates.ts";

/** A service is idle when so many milliseconds have passed without a message. */
const quietMs = 10 * 60 * 1000;

/** Fewer idle services than this are not worth a fold. */
const minFolded = 3;

export interface Folded {
  readonly shown: readonly Service[];
  readonly idle: readonly Service[];
}

/**
 * Parts the services that run, have no clients and no problems, and had no message for a while. None are idle where
 * all of them would be, or only a few.
 */
export function foldIdle(
  services: readonly Service[],
  recorded: RecordedRates,
  isQuietNow: (service: string) => boolean,
): Folded {
  const isIdle = ({ name, state, clients, problems, error }: Service) =>
    state === "running" &&
    (clients ?? 0) === 0 &&
    problems.length === 0 &&
    error === null &&
    isQuietNow(name) &&
    messagesWithin(recorded, name, quietMs) === 0;
  const idle = services.filter(isIdle);
  if (idle.length < minFolded || idle.length === services.length) return { shown: services, idle: [] };
  return { shown: services.filter((service) => !isIdle(service)), idle };
}
