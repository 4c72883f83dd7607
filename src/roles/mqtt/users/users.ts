import { pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import {
  hmac,
  leastIterations,
  readVerifier,
  type Verifier,
  verifierOf,
} from "../../../protocol/scram/verifier.ts";
import type { UserConfig } from "./config.ts";
import { FairTurns } from "./fair-turns.ts";
import { pretender } from "./pretence.ts";

/** Who asks, for giving everybody a turn. */
export interface Asker {
  /** `host:port`. */
  readonly remote: string;
  isGone(): boolean;
}

const deriveKey = promisify(pbkdf2);
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The users of the configuration; nothing here tells one that does not exist from one with another password. */
export class Users {
  readonly #users: readonly UserConfig[];
  readonly #turns = new FairTurns();
  #verifiers: Promise<(name: string) => Verifier> | undefined;
  /** Known to this process only: what is made with it says nothing to anybody else. */
  readonly #key = randomBytes(32);
  /**
   * By name the mark of a password that is known to be right. It takes a microsecond to compare where PBKDF2 takes
   * 500 (with 4096 iterations): a thousand clients that come back at once come in at once, and who tries passwords
   * out by CONNECT is still slow. By SCRAM the derivation is the client's work, also that of one who guesses.
   */
  readonly #marks = new Map<string, Uint8Array>();
  readonly #noMark = randomBytes(32);

  constructor(users: readonly UserConfig[]) {
    this.#users = users;
    for (const { name, password } of users) {
      if (readVerifier(password) === undefined)
        this.#marks.set(saslPrep(name), this.#mark(saslPrep(password)));
    }
  }

  /** Whether the password is that user's: a right one is mostly known at once, a wrong one takes its time. */
  check(username: string, given: Uint8Array, asker: Asker): boolean | Promise<boolean> {
    const name = saslPrep(username);
    const password = prepared(given);
    const mark = this.#mark(password);
    if (timingSafeEqual(mark, this.#marks.get(name) ?? this.#noMark)) return true;
    return this.#checkSlowly(name, password, mark, asker);
  }

  /** What SCRAM needs to know of a user, whether it exists or not. */
  async verifierOf(name: string): Promise<Verifier> {
    this.#verifiers ??= this.#makeVerifiers();
    return (await this.#verifiers)(name);
  }

  async #checkSlowly(
    name: string,
    password: string | Uint8Array,
    mark: Uint8Array,
    { remote, isGone }: Asker,
  ): Promise<boolean> {
    const { salt, iterations, storedKey } = await this.verifierOf(name);
    const host = remote.slice(0, remote.lastIndexOf(":"));
    const found = await this.#turns.take(host, isGone, () => derive(password, salt, iterations));
    const isRight = found !== undefined && timingSafeEqual(found.storedKey, storedKey);
    if (isRight) this.#marks.set(name, mark);
    return isRight;
  }

  // At the first need, and for all users before anybody gets an answer: it would come later for those who exist.
  async #makeVerifiers(): Promise<(name: string) => Verifier> {
    const verifiers = new Map<string, Verifier>();
    for (const { name, password } of this.#users) {
      const verifier =
        readVerifier(password) ?? (await derive(saslPrep(password), randomBytes(16), leastIterations));
      verifiers.set(saslPrep(name), verifier);
    }
    const pretend = pretender([...verifiers.values()]);
    return (name) => {
      const pretended = pretend(name);
      return verifiers.get(name) ?? pretended;
    };
  }

  #mark(password: string | Uint8Array): Uint8Array {
    return hmac(this.#key, password);
  }
}

/** PBKDF2 in a thread of its own. */
async function derive(
  password: string | Uint8Array,
  salt: Uint8Array,
  iterations: number,
): Promise<Verifier> {
  return verifierOf(await deriveKey(password, salt, iterations, 32, "sha256"), salt, iterations);
}

/** A password may be any bytes; where they are text, the text counts. */
function prepared(password: Uint8Array): string | Uint8Array {
  try {
    return saslPrep(text.decode(password));
  } catch {
    return password;
  }
}
