import { hostOf } from "../../../core/address.ts";
import type { Problem } from "../../../core/problem.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Admission, Credentials } from "../ports/access.ts";
import type { Refusal } from "../ports/authentication.ts";
import { AskError, ask } from "./ask.ts";
import { CheckQueue } from "./check-queue.ts";
import type { AuthConfig } from "./config.ts";
import type { AuthContext } from "./context.ts";
import { Failures } from "./failures.ts";
import { verdictIn } from "./http-answer.ts";
import { shownUrl } from "./url.ts";
import { VerdictCache } from "./verdict-cache.ts";

type Settled = Admission | Refusal;

/** A thousand rules take less. */
const maxAnswer = 64 * 1024;

/** Some ten thousand verdicts without rules. Refusals are apart: who tries passwords out drives nobody else's verdict out. */
const maxCached = { allowed: 4 * 1024 * 1024, refused: 512 * 1024 };

const unavailable: Refusal = { reason: Reason.ServerUnavailable };

/** A service of the operator, which is asked who may come in. */
export class HttpService {
  readonly #url: string;
  readonly #config: AuthConfig;
  readonly #context: AuthContext;
  readonly #queue: CheckQueue;
  readonly #failures: Failures;
  readonly #allowed = new VerdictCache(maxCached.allowed);
  readonly #refused = new VerdictCache(maxCached.refused);
  #asked = 0;
  #cached = 0;

  constructor(url: string, config: AuthConfig, context: AuthContext) {
    this.#url = url;
    this.#config = config;
    this.#context = context;
    this.#queue = new CheckQueue(config.maxQuestions);
    const whom = `the authentication service ${shownUrl(url)}`;
    this.#failures = new Failures(context, { url, verb: "ask", whom, code: "mqtt-auth-service" });
  }

  authenticate(credentials: Credentials): Settled | Promise<Settled> {
    const question = questionOf(credentials);
    const known = this.#recall(question, this.#config.cache);
    if (known === undefined) return this.#inTurn(question, credentials);
    this.#cached++;
    return known;
  }

  /** What was said no longer than so many milliseconds ago, if it holds. */
  #recall(question: string, age: number): Settled | undefined {
    const now = this.#context.now();
    // What was said just now is older than nothing.
    if (age === 0) return undefined;
    for (const cache of [this.#allowed, this.#refused]) {
      const verdict = cache.get(cache.digest(question), now - age);
      if (verdict !== undefined && holds(verdict, now)) return verdict;
    }
    return undefined;
  }

  async #inTurn(question: string, credentials: Credentials): Promise<Settled> {
    const { remote, isGone } = credentials;
    const verdict = await this.#queue.take(hostOf(remote), isGone, () => this.#decide(question, credentials));
    return verdict ?? unavailable;
  }

  async #decide(question: string, credentials: Credentials): Promise<Settled> {
    try {
      return await this.#ask(question, credentials);
    } catch (error) {
      if (!(error instanceof AskError)) throw error;
      return this.#withoutAnswer(question, credentials, error.message);
    }
  }

  async #ask(question: string, { username }: Credentials): Promise<Settled> {
    this.#asked++;
    const { authorization, timeout } = this.#config;
    const headers = {
      "content-type": "application/json",
      accept: "application/json",
      ...(authorization !== undefined && { authorization }),
    };
    const request = { method: "POST", headers, body: question };
    const answer = await ask(this.#context, this.#url, request, { timeout, maxBytes: maxAnswer });
    const now = this.#context.now();
    const verdict = verdictIn(answer, username, now);
    this.#failures.succeeded();
    const [cache, other] =
      verdict.reason === 0 ? [this.#allowed, this.#refused] : [this.#refused, this.#allowed];
    other.delete(other.digest(question));
    cache.set(cache.digest(question), verdict, now);
    return verdict;
  }

  #withoutAnswer(question: string, { clientId, remote }: Credentials, why: string): Settled {
    const { cache, staleIfError, onFailure } = this.#config;
    const who = `client "${printable(clientId, 40)}" at ${remote}`;
    const stale = staleIfError === 0 ? undefined : this.#recall(question, cache + staleIfError);
    if (stale !== undefined) {
      this.#failures.add(why, `for ${who} counts what it said last`);
      return stale;
    }
    if (onFailure === "anonymous") {
      this.#failures.add(why, `${who} is let in without a user name`);
      const grant = { by: "service", groups: [], rules: undefined, isUnproved: true } as const;
      return { reason: Reason.Success, username: undefined, grant };
    }
    this.#failures.add(why, `${who} is refused`);
    return unavailable;
  }

  problems(): Problem[] {
    return this.#failures.problems();
  }

  stats(): Record<string, number> {
    return {
      auth_questions_total: this.#asked,
      auth_question_failures_total: this.#failures.total,
      auth_cached_total: this.#cached,
    };
  }

  stop(): void {
    this.#failures.stop();
  }
}

/** A verdict that ends with its time. */
const holds = (verdict: Settled, now: number): boolean =>
  !("grant" in verdict && verdict.grant?.until !== undefined && verdict.grant.until <= now);

const versions = { 3: "3.1", 4: "3.1.1", 5: "5.0" } as const;

/** What the service is told, and by which its answer is remembered. */
function questionOf({ clientId, username, password, remote, version, arrival }: Credentials): string {
  return JSON.stringify({
    clientId,
    username: username ?? null,
    ...passwordFields(password ?? arrival.bearer),
    address: hostOf(remote),
    tls: arrival.isSecure,
    certificateSubject: arrival.subject ?? null,
    protocolVersion: versions[version],
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A password may be any bytes, which JSON has no words for. */
function passwordFields(password: Uint8Array | undefined) {
  if (password === undefined) return { password: null };
  try {
    return { password: utf8.decode(password) };
  } catch {
    return { password: null, passwordBase64: Buffer.from(password).toString("base64") };
  }
}
