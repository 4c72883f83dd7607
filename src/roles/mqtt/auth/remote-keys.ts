import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type LocalJWKSet,
} from "jose";
import type { Problem } from "../../../core/problem.ts";
import { AskError, ask } from "./ask.ts";
import type { AuthContext } from "./context.ts";
import { Failures } from "./failures.ts";
import { keySetOf } from "./key-file.ts";
import { shownUrl } from "./url.ts";

const maxBytes = 256 * 1024;

/** Milliseconds between two attempts: who makes up key identifiers does not make the broker ask each time. */
const pause = { withKeys: 30_000, without: 1000 } as const;

/** So long keys count that cannot be fetched again: a key that was withdrawn is not trusted for ever. */
const maxAge = 24 * 3_600_000;

export interface RemoteKeysOptions {
  readonly url: string;
  /** Milliseconds. */
  readonly refresh: number;
  readonly timeout: number;
}

/** The keys under a URL, fetched when they are needed: first, when they are old, and for a key that is unknown. */
export class RemoteKeys {
  readonly #options: RemoteKeysOptions;
  readonly #context: AuthContext;
  readonly #failures: Failures;
  #set: LocalJWKSet | undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  #why = "";
  /** All who wait share one request. */
  #pending: Promise<void> | undefined;

  constructor(options: RemoteKeysOptions, context: AuthContext) {
    this.#options = options;
    this.#context = context;
    const { url } = options;
    const whom = `the keys of tokens from ${shownUrl(url)}`;
    this.#failures = new Failures(context, { url, verb: "fetch", whom, code: "mqtt-auth-keys" });
    // The first token finds them there, and a URL that is wrong is noticed at the start.
    void this.#fetch();
  }

  problems(): Problem[] {
    return this.#failures.problems();
  }

  stats(): Record<string, number> {
    return { auth_key_failures_total: this.#failures.total };
  }

  stop(): void {
    this.#failures.stop();
  }

  /** @throws {AskError} when there are no keys @throws {errors.JWKSNoMatchingKey} when none of them fits */
  readonly keyFor = async (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => {
    if (this.#age > this.#options.refresh) await this.#fetch();
    try {
      return await this.#current(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      // The issuer may have begun to use another key.
      const before = this.#set;
      await this.#fetch();
      if (this.#set === before) throw error;
      return await this.#current(header, token);
    }
  };

  get #age(): number {
    return this.#context.now() - this.#fetchedAt;
  }

  get #current(): LocalJWKSet {
    if (this.#set !== undefined && this.#age <= maxAge) return this.#set;
    throw new AskError(this.#why);
  }

  #fetch(): Promise<void> {
    const now = this.#context.now();
    if (this.#pending !== undefined) return this.#pending;
    const wait = this.#set === undefined ? pause.without : pause.withKeys;
    if (now - this.#triedAt < wait) return Promise.resolve();
    this.#triedAt = now;
    this.#pending = this.#tryToFetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #tryToFetch(): Promise<void> {
    try {
      this.#set = createLocalJWKSet({ keys: [...(await this.#ask()).keys] });
      this.#fetchedAt = this.#context.now();
      this.#failures.succeeded();
    } catch (error) {
      this.#why = error instanceof Error ? error.message : String(error);
      const isUsed = this.#set !== undefined && this.#age <= maxAge;
      this.#failures.add(this.#why, isUsed ? "the keys that it gave last still count" : "tokens are refused");
    }
  }

  async #ask() {
    const { url, timeout } = this.#options;
    const request = { headers: { accept: "application/jwk-set+json, application/json" } };
    const { status, body } = await ask(this.#context, url, request, { timeout, maxBytes });
    if (status !== 200) throw new AskError(`it answers with the status ${status}, and not with 200`);
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      throw new AskError("its answer is no JSON");
    }
    return keySetOf(value);
  }
}
