import { createHash, pbkdf2 } from "node:crypto";
import { promisify } from "node:util";

/** A password as mosquitto_passwd(1) keeps it. */
export interface PasswordHash {
  /** Of PBKDF2 with HMAC-SHA-512; 0: SHA-512 once, of the password and the salt. */
  readonly iterations: number;
  readonly salt: Uint8Array;
  /** 64 bytes. */
  readonly hash: Uint8Array;
}

const base64 = "([A-Za-z0-9+/]+={0,2})";
const once = new RegExp(`^\\$6\\$${base64}\\$${base64}$`);
const often = new RegExp(`^\\$7\\$([1-9]\\d{0,7})\\$${base64}\\$${base64}$`);

/** More would keep a processor busy for seconds with one password. */
const maxIterations = 10_000_000;

/** Whether the text is meant as such a hash, valid or not. */
export const looksLikeHash = (text: string): boolean => /^\$[67]\$/.test(text);

/** Reads `$7$iterations$salt$hash` or `$6$salt$hash`. @returns undefined for anything else */
export function readHash(text: string): PasswordHash | undefined {
  const [, salt, hash] = once.exec(text) ?? [];
  if (salt !== undefined && hash !== undefined) return checked(0, salt, hash);
  const [, iterations, manySalt, manyHash] = often.exec(text) ?? [];
  if (iterations === undefined || manySalt === undefined || manyHash === undefined) return undefined;
  return checked(Number(iterations), manySalt, manyHash);
}

function checked(iterations: number, salt: string, hash: string): PasswordHash | undefined {
  const bytes = Buffer.from(hash, "base64");
  if (iterations > maxIterations || bytes.length !== 64) return undefined;
  return { iterations, salt: Buffer.from(salt, "base64"), hash: bytes };
}

const deriveKey = promisify(pbkdf2);

/** The hash of a password, in another thread where it takes long. */
export async function hashOf(
  password: string | Uint8Array,
  { iterations, salt }: Pick<PasswordHash, "iterations" | "salt">,
): Promise<Uint8Array> {
  if (iterations === 0) return createHash("sha512").update(password).update(salt).digest();
  return await deriveKey(password, salt, iterations, 64, "sha512");
}

/** The form that `readHash` reads. */
export function writeHash({ iterations, salt, hash }: PasswordHash): string {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return `${iterations === 0 ? "$6" : `$7$${iterations}`}$${text(salt)}$${text(hash)}`;
}
