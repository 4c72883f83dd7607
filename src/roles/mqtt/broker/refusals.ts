import type { Logger } from "../../../core/log.ts";
import { isSystemTopic } from "../../../protocol/mqtt/topic.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { AuditedClient, ClientAudit, RefusedAction } from "./client-audit.ts";

/** What somebody was refused, and how often. */
export interface Refused {
  /** The user name, or the client identifier of who has none. */
  readonly who: string;
  readonly action: RefusedAction;
  readonly topic: string;
  count: number;
  isLogged: boolean;
  /** When it happened last, on the broker's clock. */
  last: number;
}

/** Who is refused: its connection. */
interface RefusedClient extends AuditedClient {
  readonly name: string;
}

/** With the user, whom a client identifier does not show. */
const whoIs = ({ identity: { username }, name }: RefusedClient): string =>
  username === undefined ? name : `${printable(username, 40)} (${name})`;

/** So many are remembered; then the one that has not happened for longest makes room. */
const maxRemembered = 1000;

/** Lines of the log a minute: who tries a topic after another does not fill it. */
const maxLinesAMinute = 30;
const minute = 60_000;

/** What clients were refused by the rules. Each is logged when it happens first. */
export class Refusals {
  /** What happened last comes last. */
  readonly #refused = new Map<string, Refused>();
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #audit: Pick<ClientAudit, "refusedTopic">;
  /** Since the start, of each kind. */
  readonly counts: Record<RefusedAction, number> = { publish: 0, subscribe: 0 };
  #lines = 0;
  #minuteEnds = 0;

  constructor(log: Logger, now: () => number, audit: Pick<ClientAudit, "refusedTopic">) {
    this.#log = log;
    this.#now = now;
    this.#audit = audit;
  }

  add(client: RefusedClient, action: RefusedAction, topic: string): void {
    const { identity } = client;
    this.counts[action]++;
    const now = this.#now();
    const who = identity.username ?? identity.clientId;
    const key = `${action} ${identity.clientId}\0${topic}`;
    const known = this.#refused.get(key);
    this.#refused.delete(key);
    const refused = known ?? { who, action, topic, count: 0, last: now, isLogged: false };
    if (!refused.isLogged) refused.isLogged = this.#logOnce(whoIs(client), action, topic, now);
    if (known === undefined) this.#audit.refusedTopic(client, action, topic);
    refused.count++;
    refused.last = now;
    this.#refused.set(key, refused);
    if (this.#refused.size > maxRemembered) this.#refused.delete(this.#refused.keys().next().value ?? "");
  }

  /** @returns false when there were too many lines in this minute: then it is logged when it happens again later */
  #logOnce(name: string, action: RefusedAction, topic: string, now: number): boolean {
    if (now >= this.#minuteEnds) {
      this.#minuteEnds = now + minute;
      this.#lines = 0;
    }
    if (++this.#lines > maxLinesAMinute) return false;
    const more = this.#lines === maxLinesAMinute ? "; further refusals of this minute are only counted" : "";
    const what = `${action === "publish" ? "publish" : "subscribe"} to ${printable(topic, 200)}`;
    if (action === "publish" && isSystemTopic(topic)) {
      this.#log.info(`Refused ${name}: it may not ${what}, which is the broker's own${more}`);
    } else this.#log.warning(`Refused ${name}: by the access rules it may not ${what}${more}`);
    return true;
  }

  /** What was refused in the last so many milliseconds, the most frequent first. */
  since(milliseconds: number): Refused[] {
    const start = this.#now() - milliseconds;
    return [...this.#refused.values()]
      .filter(({ last }) => last >= start)
      .sort((one, other) => other.count - one.count);
  }

  /** The rules have changed: what they refuse now is told anew. */
  forget(): void {
    this.#refused.clear();
  }
}
