import { pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import {
  hmac,
  minIterations,
  readVerifier,
  type Verifier,
  verifierOf,
} from "../../../protocol/scram/verifier.ts";
import type { UserConfig } from "./config.ts";
import { decoyVerifiers } from "./decoy-verifiers.ts";
import { PasswordCheckQueue } from "./password-check-queue.ts";

/** Who asks: hosts take turns. */
export interface Asker {
  /** `host:port`. */
  readonly remote: string;
  isGone(): boolean;
}

const deriveKey = promisify(pbkdf2);
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The users of the configuration. An unknown name and a wrong password cannot be distinguished from outside. */
export class Users {
  readonly #users: readonly UserConfig[];
  readonly #passwordChecks = new PasswordCheckQueue();
  #verifiers: Promise<(name: string) => Verifier> | undefined;
  /** Known to this process only, so that digests made with it are of no use elsewhere. */
  readonly #key = randomBytes(32);
  /**
   * By name, the digest of a password that is known to be right. It takes a microsecond to compare where PBKDF2 takes
   * 500 (with 4096 iterations): a thousand clients that come back at once come in at once, and who tries passwords
   * out by CONNECT is still slow. By SCRAM the derivation is the client's work, also that of one who guesses.
   */
  readonly #digests = new Map<string, Uint8Array>();
  readonly #noDigest = randomBytes(32);

  constructor(users: readonly UserConfig[]) {
    this.#users = users;
    for (const { name, password } of users) {
      if (readVerifier(password) === undefined)
        this.#digests.set(saslPrep(name), this.#digest(saslPrep(password)));
    }
  }

  /** Whether the password is that user's: a right one is mostly known at once, a wrong one takes its time. */
  check(username: string, given: Uint8Array, asker: Asker): boolean | Promise<boolean> {
    const name = saslPrep(username);
    const password = prepared(given);
    const digest = this.#digest(password);
    if (timingSafeEqual(digest, this.#digests.get(name) ?? this.#noDigest)) return true;
    return this.#checkSlowly(name, password, digest, asker);
  }

  /** What SCRAM needs to know of a user, whether it exists or not. */
  async verifierOf(name: string): Promise<Verifier> {
    this.#verifiers ??= this.#makeVerifiers();
    return (await this.#verifiers)(name);
  }

  async #checkSlowly(
    name: string,
    password: string | Uint8Array,
    digest: Uint8Array,
    { remote, isGone }: Asker,
  ): Promise<boolean> {
    const { salt, iterations, storedKey } = await this.verifierOf(name);
    const host = remote.slice(0, remote.lastIndexOf(":"));
    const found = await this.#passwordChecks.take(host, isGone, () => derive(password, salt, iterations));
    const isRight = found !== undefined && timingSafeEqual(found.storedKey, storedKey);
    if (isRight) this.#digests.set(name, digest);
    return isRight;
  }

  // At the first need, and for all users before anybody gets an answer: it would come later for those who exist.
  async #makeVerifiers(): Promise<(name: string) => Verifier> {
    const verifiers = new Map<string, Verifier>();
    for (const { name, password } of this.#users) {
      const verifier =
        readVerifier(password) ?? (await derive(saslPrep(password), randomBytes(16), minIterations));
      verifiers.set(saslPrep(name), verifier);
    }
    const decoyOf = decoyVerifiers([...verifiers.values()]);
    return (name) => {
      const decoy = decoyOf(name);
      return verifiers.get(name) ?? decoy;
    };
  }

  #digest(password: string | Uint8Array): Uint8Array {
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
