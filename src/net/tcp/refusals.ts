import { ownKey } from "../../core/address-range.ts";
import type { Logger } from "../../core/log.ts";
import { LogLimiter } from "../../core/log-limiter.ts";
import { type Problem, problem } from "../../core/problem.ts";

/** Why a connection is turned away, whatever it wants. */
export type RefusalCause = "banned" | "address_limit" | "connect_rate" | "proxy_header";

interface Refused {
  readonly cause: RefusalCause;
  readonly address: string;
  count: number;
  last: number;
  why: string;
}

/** Addresses that are remembered, and how long, in milliseconds. */
const maxRemembered = 500;
const remembered = 60_000;

/** Problems of one kind that are listed. */
const maxListed = 3;

/** The connections that a listener has turned away: counted, logged once for each address and minute, and reported. */
export class Refusals {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #limiter: LogLimiter;
  readonly #counts: Record<RefusalCause, number> = {
    banned: 0,
    address_limit: 0,
    connect_rate: 0,
    proxy_header: 0,
  };
  /** The one that was turned away last is the last. */
  readonly #recent = new Map<string, Refused>();

  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
    this.#limiter = new LogLimiter(now);
  }

  /** @param why for the log: what comes after "Closed a connection from 192.0.2.7: " */
  add(cause: RefusalCause, host: string, why: string): void {
    this.#counts[cause]++;
    const address = ownKey(host);
    const key = `${cause} ${address}`;
    this.#remember(key, { cause, address, why, count: 0, last: 0 });
    const more = this.#limiter.take(key);
    if (more !== undefined) this.#log.warning(`Closed a connection from ${host}: ${why}${more}`);
  }

  #remember(key: string, fresh: Refused): void {
    const now = this.#now();
    const known = this.#recent.get(key);
    const refused = known === undefined || now - known.last > remembered ? fresh : known;
    refused.count++;
    refused.last = now;
    refused.why = fresh.why;
    this.#recent.delete(key);
    this.#recent.set(key, refused);
    if (this.#recent.size <= maxRemembered) return;
    for (const oldest of this.#recent.keys()) {
      this.#recent.delete(oldest);
      return;
    }
  }

  /** By the names that metrics have; those of causes that cannot be are left out. */
  stats(possible: readonly RefusalCause[]): Record<string, number> {
    return Object.fromEntries(possible.map((cause) => [`turned_away_${cause}_total`, this.#counts[cause]]));
  }

  /** What has happened within the last minute. Who is banned is no problem of the service's. */
  problems(): Problem[] {
    const since = this.#now() - remembered;
    const recent = [...this.#recent.values()].reverse().filter(({ last }) => last >= since);
    return (["address_limit", "connect_rate", "proxy_header"] as const).flatMap((cause) => {
      const ofCause = recent.filter((refused) => refused.cause === cause);
      const listed = ofCause.slice(0, maxListed).map(describe);
      const count = ofCause.length - listed.length;
      if (count <= 0) return listed;
      return [...listed, problem("refused-more", `and from ${count} more addresses`, { count })];
    });
  }
}

function describe({ cause, address, count, why }: Refused): Problem {
  const text = `${count === 1 ? "1 connection" : `${count} connections`} from ${address} closed: ${why}`;
  const values = { count, address, why };
  switch (cause) {
    case "connect_rate":
      return problem("refused-connect-rate", text, values);
    case "proxy_header":
      return problem("refused-proxy-header", text, values);
    default:
      return problem("refused-address-limit", text, values);
  }
}
