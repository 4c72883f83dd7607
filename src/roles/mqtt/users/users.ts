import { pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { hostOf } from "../../../core/address.ts";
import { hashOf, type PasswordHash, readHash } from "../../../protocol/mqtt/password-hash.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import {
  hmac,
  minIterations,
  readVerifier,
  type Verifier,
  verifierOf,
} from "../../../protocol/scram/verifier.ts";
import { CheckQueue } from "../auth/check-queue.ts";
import type { UserConfig } from "./config.ts";
import { chosenFor, decoyVerifiers, ownSalt } from "./decoy-verifiers.ts";

/** Who asks: hosts take turns. */
export interface Asker {
  /** `host:port`. */
  readonly remote: string;
  isGone(): boolean;
}

/** What somebody gave as a password. */
interface Password {
  /** By SASLprep, as SCRAM has it. */
  readonly prepared: string | Uint8Array;
  readonly given: Uint8Array;
}

/** How many passwords are checked at once; the other processors are for messages. */
const maxChecks = 2;

/** Bytes of the salt of a password that stands in the configuration as it is. */
const saltLength = 16;

/** Of no password. */
const noHash = new Uint8Array(64);

const deriveKey = promisify(pbkdf2);
const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The users of the configuration. An unknown name and a wrong password cannot be distinguished from outside. */
export class Users {
  readonly #users: readonly UserConfig[];
  /** Of those whose passwords are kept as Mosquitto keeps them: by SCRAM they cannot come in. */
  readonly #hashes = new Map<string, PasswordHash>();
  readonly #passwordChecks = new CheckQueue(maxChecks);
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
  readonly #names: ReadonlySet<string>;
  readonly #secret: () => Uint8Array;
  /** How the passwords are kept, each way once. */
  readonly #kinds: string[];

  /**
   * @param secret decides what names look like that nobody has; the same for all lists of a service, so that nobody
   *   finds the names by what changes when the list does
   */
  constructor(users: readonly UserConfig[], secret?: () => Uint8Array) {
    this.#users = users;
    this.#names = new Set(users.map(({ name }) => saslPrep(name)));
    const own = randomBytes(32);
    this.#secret = secret ?? (() => own);
    this.#kinds = [...new Set(users.map(({ password }) => kindOf(readHash(password))))];
    if (this.#kinds.length === 0) this.#kinds.push(byScram);
    for (const { name, password } of users) {
      const hash = readHash(password);
      if (hash !== undefined) this.#hashes.set(saslPrep(name), hash);
      else if (readVerifier(password) === undefined)
        this.#digests.set(saslPrep(name), this.#digest(saslPrep(password)));
    }
  }

  has(username: string): boolean {
    return this.#names.has(saslPrep(username));
  }

  /** Whether the password is that user's: a right one is mostly known at once, a wrong one takes its time. */
  check(username: string, given: Uint8Array, asker: Asker): boolean | Promise<boolean> {
    const name = saslPrep(username);
    const password = prepared(given);
    // Mosquitto hashes the bytes as they are: others that SASLprep takes for the same are another password.
    const digest = this.#digest(this.#hashes.has(name) ? given : password);
    if (timingSafeEqual(digest, this.#digests.get(name) ?? this.#noDigest)) return true;
    return this.#checkSlowly(name, { prepared: password, given }, digest, asker);
  }

  /** What SCRAM needs to know of a user, whether it exists or not. */
  async verifierOf(name: string): Promise<Verifier> {
    this.#verifiers ??= this.#makeVerifiers();
    return (await this.#verifiers)(name);
  }

  async #checkSlowly(
    name: string,
    password: Password,
    digest: Uint8Array,
    { remote, isGone }: Asker,
  ): Promise<boolean> {
    const host = hostOf(remote);
    const check = () => this.#isRight(name, password);
    const isRight = (await this.#passwordChecks.take(host, isGone, check)) === true;
    if (isRight) this.#digests.set(name, digest);
    return isRight;
  }

  async #isRight(name: string, { prepared, given }: Password): Promise<boolean> {
    // Computed for those who exist, too: all names take the same steps.
    const decoy = this.#decoyHash(name);
    const hash = this.#names.has(name) ? this.#hashes.get(name) : decoy;
    if (hash !== undefined) return timingSafeEqual(await hashOf(given, hash), hash.hash);
    const { salt, iterations, storedKey } = await this.verifierOf(name);
    return timingSafeEqual((await derive(prepared, salt, iterations)).storedKey, storedKey);
  }

  /** So that nobody finds out by its time whether there is a user: some unknown names are checked in this way, too. */
  #decoyHash(name: string): PasswordHash | undefined {
    const kind = chosenFor(name, this.#kinds, this.#secret());
    if (kind === byScram) return undefined;
    const [iterations = 0, length = 0] = kind.split(" ").map(Number);
    return { iterations, salt: ownSalt(name, length, this.#secret()), hash: noHash };
  }

  // At the first need, and for all users before anybody gets an answer: it would come later for those who exist.
  async #makeVerifiers(): Promise<(name: string) => Verifier> {
    const verifiers = new Map<string, Verifier>();
    for (const { name, password } of this.#users) {
      if (this.#hashes.has(saslPrep(name))) continue;
      const salt = ownSalt(saslPrep(name), saltLength, this.#secret());
      const verifier = readVerifier(password) ?? (await derive(saslPrep(password), salt, minIterations));
      verifiers.set(saslPrep(name), verifier);
    }
    const models: Pick<Verifier, "iterations" | "salt">[] = [...verifiers.values()];
    if (models.length === 0) models.push({ iterations: minIterations, salt: new Uint8Array(saltLength) });
    const decoyOf = decoyVerifiers(models, this.#secret());
    return (name) => {
      const decoy = decoyOf(name);
      return verifiers.get(name) ?? decoy;
    };
  }

  #digest(password: string | Uint8Array): Uint8Array {
    return hmac(this.#key, password);
  }
}

/** Kept for SCRAM, or as it is, which comes to the same. */
const byScram = "scram";

/** Otherwise: the iterations, and the bytes of the salt. */
const kindOf = (hash: PasswordHash | undefined): string =>
  hash === undefined ? byScram : `${hash.iterations} ${hash.salt.length}`;

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
