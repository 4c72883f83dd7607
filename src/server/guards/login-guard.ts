import { createHash } from "node:crypto";
import { formatRange, isInRange, ownKey, ownRange, parseIp, parseRange } from "../../core/address-range.ts";
import type { LoginAttempt, LoginChecks, Logins } from "../../core/guards.ts";
import type { Logger } from "../../core/log.ts";
import { LogLimiter } from "../../core/log-limiter.ts";
import { type Problem, problem } from "../../core/problem.ts";
import type { GuardConfig } from "../config/guard-schema.ts";
import type { BanList } from "./ban-list.ts";
import { type FamiliarLogin, FamiliarLogins } from "./familiar-logins.ts";
import { LoginTurns } from "./login-turns.ts";

/** Checks of one address at once while it has not failed: a guesser cannot try a thousand before the first answer. */
const maxAtOnce = 4;

/** After its first wrong login an address has to wait so long, then twice as long each time, in milliseconds. */
const firstPause = 125;
const maxPause = 1000;

/** Wrong logins of a user name, from wherever, that are answered at once; then the answers come later and later. */
const freeFailures = 3;
const maxUserPause = 2000;

/** How long an address and a user name are remembered after their last wrong login, in milliseconds. */
const memory = 5 * 60_000;

/** Addresses, and user names, that are remembered. */
const maxKnown = 10_000;

/** Logins that wait, of all addresses together. Their connections are limited, too: this only makes sure. */
const maxWaiting = 20_000;

/** Wrong secrets of one address whose answers wait are given up past this, in milliseconds. */
const maxAnswerPause = 10_000;

/** How long a wrong login is a problem, and how many addresses are listed. */
const recently = 60_000;
const maxListed = 3;

/** Longer user names are remembered by a digest: they may have 64 KB. */
const maxNameLength = 64;

/** What is known of an address that logs in. */
interface Applicant {
  readonly address: string;
  failures: number;
  lastFailure: number;
  /** When its failures within `guard.within` were. */
  recent: number[];
  /** Before this no password of its is checked. */
  nextCheck: number;
  /** When the last of its answers that wait is due. */
  lastAnswer: number;
  /** A digest of the last wrong secret that was only counted. */
  lastSecret: string | undefined;
  running: number;
  readonly turns: LoginTurns;
  /** Its logins are being started just now: what ends at once starts no further ones by itself. */
  isStarting: boolean;
  /** Calls when its next turn has come. */
  cancelTurn: (() => void) | undefined;
}

/** A login that is being checked. */
interface RunningLogin {
  readonly applicant: Applicant;
  readonly attempt: LoginAttempt;
  /** Of a name that has got in from there before. */
  readonly familiar: FamiliarLogin | undefined;
}

interface KnownName {
  failures: number;
  lastFailure: number;
}

export interface LoginGuardOptions {
  readonly config: GuardConfig;
  readonly bans: BanList;
  readonly log: Logger;
  readonly now?: () => number;
  /** Calls after so many milliseconds. @returns how to take it back */
  readonly after?: (ms: number, call: () => void) => () => void;
}

/**
 * Slows down those who try passwords out. Once an address has failed, its passwords are checked one after another with
 * growing pauses, at last one a second, however many connections it opens. Another address is not held up, so the owner of
 * a name gets in at once while others guess it; only wrong answers come later when many are wrong for one name, which
 * costs those time who guess from many addresses.
 *
 * Behind one address there may be many people. A name that has got in from there before does not wait with the others: it
 * is checked beside them, one login at a time. One wrong login, and it has to wait as all others do until it has got in
 * again. So a guesser gains one guess with each time that an owner gets in, and no more.
 */
export class LoginGuard implements Logins {
  config: GuardConfig;
  readonly #bans: BanList;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #after: NonNullable<LoginGuardOptions["after"]>;
  readonly #limiter: LogLimiter;
  /** Who has failed lately, or is being checked; who failed last is the last. */
  readonly #applicants = new Map<string, Applicant>();
  readonly #names = new Map<string, KnownName>();
  readonly #familiar = new FamiliarLogins();
  readonly #failed = new Map<string, number>();
  #waiting = 0;

  constructor({ config, bans, log, now = () => performance.now(), after = timer }: LoginGuardOptions) {
    this.config = config;
    this.#bans = bans;
    this.#log = log;
    this.#now = now;
    this.#after = after;
    this.#limiter = new LogLimiter(now);
  }

  check<T>(attempt: LoginAttempt, checks: LoginChecks<T>): T | Promise<T> {
    const applicant = this.#applicantOf(attempt.host);
    if (applicant.turns.size === 0 && this.#mayStart(applicant)) return this.#run(applicant, attempt, checks);
    const familiar = this.#familiarOf(applicant, attempt);
    if (familiar?.running === 0 && familiar.waiting.length === 0)
      return this.#run(applicant, attempt, checks);
    if (this.#waiting >= maxWaiting) return checks.busy;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting++;
    const start = () => {
      try {
        Promise.resolve(this.#run(applicant, attempt, checks)).then(resolve, reject);
      } catch (error) {
        reject(error);
      }
    };
    const login = { name: keyOf(attempt), start, isGone: () => attempt.isGone() };
    if (familiar === undefined) applicant.turns.add(login);
    else familiar.waiting.push(login);
    this.#continue(applicant);
    return promise;
  }

  failed(attempt: Omit<LoginAttempt, "isGone">, digest: string): number | undefined {
    const applicant = this.#applicantOf(attempt.host);
    if (applicant.lastSecret === digest) return 0;
    applicant.lastSecret = digest;
    this.#countFailure(applicant, attempt);
    const now = this.#now();
    const due = Math.max(now, applicant.lastAnswer) + pauseAfter(applicant.failures - 1);
    if (due - now > maxAnswerPause) return undefined;
    applicant.lastAnswer = due;
    return due - now;
  }

  /** Wrong logins since the start, by service. */
  get failures(): ReadonlyMap<string, number> {
    return this.#failed;
  }

  /** Logins that wait for their turn. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Addresses with wrong logins within the last minute. */
  problems(): Problem[] {
    const since = this.#now() - recently;
    const recent = [...this.#applicants.values()].filter(
      ({ failures, lastFailure }) => failures > 0 && lastFailure >= since,
    );
    const listed = recent.slice(-maxListed).map(({ address, failures: count }) => {
      const what = count === 1 ? "1 wrong login" : `${count} wrong logins`;
      return problem("login-failures", `${what} from ${address}; its logins are slowed down`, {
        address,
        count,
      });
    });
    const count = recent.length - listed.length;
    if (count === 0) return listed;
    return [
      ...listed,
      problem("login-failures-more", `and wrong logins from ${count} more addresses`, { count }),
    ];
  }

  #applicantOf(host: string): Applicant {
    const address = ownKey(host);
    const known = this.#applicants.get(address);
    if (known !== undefined) {
      if (known.failures > 0 && this.#now() - known.lastFailure > memory) known.failures = 0;
      return known;
    }
    const fresh: Applicant = {
      address,
      failures: 0,
      lastFailure: 0,
      recent: [],
      nextCheck: 0,
      lastAnswer: 0,
      lastSecret: undefined,
      running: 0,
      turns: new LoginTurns(),
      isStarting: false,
      cancelTurn: undefined,
    };
    this.#applicants.set(address, fresh);
    return fresh;
  }

  #familiarOf({ address }: Applicant, attempt: LoginAttempt): FamiliarLogin | undefined {
    return attempt.username === undefined ? undefined : this.#familiar.find(address, keyOf(attempt));
  }

  #mayStart({ failures, running, nextCheck }: Applicant): boolean {
    if (failures === 0) return running < maxAtOnce;
    return running === 0 && this.#now() >= nextCheck;
  }

  #run<T>(applicant: Applicant, attempt: LoginAttempt, checks: LoginChecks<T>): T | Promise<T> {
    const login: RunningLogin = { applicant, attempt, familiar: this.#familiarOf(applicant, attempt) };
    applicant.running++;
    if (login.familiar !== undefined) login.familiar.running++;
    let verdict: T | Promise<T>;
    try {
      verdict = checks.check();
    } catch (error) {
      this.#ended(login);
      throw error;
    }
    if (!(verdict instanceof Promise)) return this.#judge(login, verdict, checks);
    return verdict.then(
      (made) => this.#judge(login, made, checks),
      (error: unknown) => {
        this.#ended(login);
        throw error;
      },
    );
  }

  /** @returns the verdict, at once, or later when it is wrong and many have been wrong for the same name */
  #judge<T>(login: RunningLogin, verdict: T, { isWrong, isRight }: LoginChecks<T>): T | Promise<T> {
    const { applicant, attempt, familiar } = login;
    // The check of a client that has gone may have been left out.
    const counts = isWrong(verdict) && !attempt.isGone();
    const pause = counts ? this.#countFailure(applicant, attempt) : 0;
    if (counts && familiar !== undefined)
      for (const waiting of this.#familiar.forget(familiar)) applicant.turns.add(waiting);
    if (attempt.username !== undefined && isRight(verdict))
      this.#familiar.remember(applicant.address, keyOf(attempt));
    this.#ended(login);
    if (pause === 0) return verdict;
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#after(pause, () => resolve(verdict));
    return promise;
  }

  #ended({ applicant, familiar }: RunningLogin): void {
    applicant.running--;
    if (familiar !== undefined) {
      familiar.running--;
      this.#continueFamiliar(familiar);
    }
    this.#continue(applicant);
  }

  #continueFamiliar(familiar: FamiliarLogin): void {
    if (familiar.isStarting) return;
    familiar.isStarting = true;
    while (familiar.running === 0 && familiar.waiting.length > 0) {
      this.#waiting--;
      const login = familiar.waiting.shift();
      if (login?.isGone() === false) login.start();
    }
    familiar.isStarting = false;
  }

  /** Starts what may start, and waits for the turn of the rest. */
  #continue(applicant: Applicant): void {
    if (applicant.isStarting) return;
    applicant.isStarting = true;
    while (applicant.turns.size > 0 && this.#mayStart(applicant)) this.#startNext(applicant);
    applicant.isStarting = false;
    if (applicant.turns.size === 0) {
      this.#forgetUnused(applicant);
      return;
    }
    // Whatever runs calls this again when it ends.
    if (applicant.running > 0 || applicant.cancelTurn !== undefined) return;
    applicant.cancelTurn = this.#after(Math.max(1, applicant.nextCheck - this.#now()), () => {
      applicant.cancelTurn = undefined;
      this.#continue(applicant);
    });
  }

  #startNext({ turns }: Applicant): void {
    const before = turns.size;
    const login = turns.next();
    this.#waiting -= before - turns.size;
    login?.start();
  }

  #forgetUnused(applicant: Applicant): void {
    const { address, failures } = applicant;
    if (failures > 0 || !isIdle(applicant) || this.#applicants.get(address) !== applicant) return;
    this.#applicants.delete(address);
  }

  /** @returns milliseconds that the answer waits for the sake of the user name */
  #countFailure(applicant: Applicant, attempt: Omit<LoginAttempt, "isGone">): number {
    const now = this.#now();
    const { service, host } = attempt;
    this.#failed.set(service, (this.#failed.get(service) ?? 0) + 1);
    applicant.failures++;
    applicant.lastFailure = now;
    applicant.nextCheck = now + pauseAfter(applicant.failures);
    this.#applicants.delete(applicant.address);
    this.#applicants.set(applicant.address, applicant);
    forgetOldest(this.#applicants, isIdle);
    const more = this.#limiter.take(`${service} ${applicant.address}`);
    if (more !== undefined)
      this.#log.warning(`Refused a login from ${host} at ${service}${asName(attempt)}: it is wrong${more}`);
    this.#banIfDue(applicant, attempt, now);
    return this.#countForName(attempt, now);
  }

  #banIfDue(applicant: Applicant, { service, host }: Omit<LoginAttempt, "isGone">, now: number): void {
    const { failures, within, banFor, ignore } = this.config;
    if (failures === 0) return;
    applicant.recent.push(now);
    applicant.recent = applicant.recent.filter((at) => at > now - within).slice(-failures);
    const ip = parseIp(host);
    if (applicant.recent.length < failures || ip === undefined) return;
    if (ignore.some((text) => isInRangeOf(text, host))) return;
    applicant.recent = [];
    const address = formatRange(ownRange(ip));
    // What a person has decided about it stays.
    if (this.#bans.get(address) !== undefined) return;
    const reason = `${failures} wrong logins at ${service}`;
    const since = Date.now();
    const ban = { address, reason, by: "guard", since, until: since + banFor, disconnects: true } as const;
    if (this.#bans.add(ban)) this.#log.warning(`Banned ${address} for ${banFor / 1000} s: ${reason}`);
  }

  #countForName(attempt: Omit<LoginAttempt, "isGone">, now: number): number {
    if (attempt.username === undefined) return 0;
    const name = keyOf(attempt);
    const known = this.#names.get(name);
    const isFresh = known === undefined || now - known.lastFailure > memory;
    const failures = isFresh ? 1 : known.failures + 1;
    this.#names.delete(name);
    this.#names.set(name, { failures, lastFailure: now });
    forgetOldest(this.#names, () => true);
    return failures <= freeFailures
      ? 0
      : Math.min(maxUserPause, firstPause * 2 ** (failures - freeFailures - 1));
  }
}

function timer(ms: number, call: () => void): () => void {
  const waiting = setTimeout(call, ms);
  return () => clearTimeout(waiting);
}

const pauseAfter = (failures: number): number =>
  failures === 0 ? 0 : Math.min(maxPause, firstPause * 2 ** (failures - 1));

const isIdle = ({ running, turns }: Applicant): boolean => running === 0 && turns.size === 0;

/** A user name at a service, in few bytes. */
function keyOf({ service, username = "" }: Omit<LoginAttempt, "isGone">): string {
  if (username.length <= maxNameLength) return `${service} ${username}`;
  return `${service} ${createHash("sha256").update(username).digest("base64")}`;
}

function asName({ username }: Omit<LoginAttempt, "isGone">): string {
  return username === undefined ? "" : ` as ${JSON.stringify(username.slice(0, 40))}`;
}

function isInRangeOf(text: string, host: string): boolean {
  const [range, ip] = [parseRange(text), parseIp(host)];
  return range !== undefined && ip !== undefined && isInRange(range, ip);
}

function forgetOldest<T>(known: Map<string, T>, may: (value: T) => boolean): void {
  if (known.size <= maxKnown) return;
  for (const [key, value] of known) {
    if (!may(value)) continue;
    known.delete(key);
    return;
  }
}
