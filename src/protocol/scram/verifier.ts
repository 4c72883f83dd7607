import { createHash, createHmac } from "node:crypto";

/** What a server stores of a password, RFC 5802 section 3: enough to check it, not enough to log in with. */
export interface Verifier {
  readonly iterations: number;
  readonly salt: Uint8Array;
  /** SHA-256 of the client key. */
  readonly storedKey: Uint8Array;
  /** The server signs with it, which proves to the client that the server knows the password. */
  readonly serverKey: Uint8Array;
}

/** The minimum of RFC 7677, section 4. */
export const minIterations = 4096;

/** More would keep a processor busy for seconds with one password. */
export const maxIterations = 10_000_000;

const start = "SCRAM-SHA-256$";
const form =
  /^SCRAM-SHA-256\$([1-9]\d{0,7}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]{43}=):([A-Za-z0-9+/]{43}=)$/;

export const hmac = (key: Uint8Array, text: string | Uint8Array): Buffer =>
  createHmac("sha256", key).update(text).digest();

export const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

/** @param salted the password after PBKDF2 with `salt` and `iterations`, 32 bytes */
export function verifierOf(salted: Uint8Array, salt: Uint8Array, iterations: number): Verifier {
  const clientKey = hmac(salted, "Client Key");
  return { iterations, salt, storedKey: sha256(clientKey), serverKey: hmac(salted, "Server Key") };
}

/** Whether the text is meant as a verifier, valid or not. */
export const looksLikeVerifier = (text: string): boolean => text.startsWith(start);

/** Reads `SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey`. @returns undefined for anything else */
export function readVerifier(text: string): Verifier | undefined {
  const [, count = "", salt = "", storedKey = "", serverKey = ""] = form.exec(text) ?? [];
  const iterations = Number(count);
  if (iterations < minIterations || iterations > maxIterations) return undefined;
  const bytes = (base64: string) => Buffer.from(base64, "base64");
  return { iterations, salt: bytes(salt), storedKey: bytes(storedKey), serverKey: bytes(serverKey) };
}

/** The format that `readVerifier` reads. PostgreSQL stores passwords in it, too. */
export function writeVerifier({ iterations, salt, storedKey, serverKey }: Verifier): string {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  return `${start}${iterations}:${text(salt)}$${text(storedKey)}:${text(serverKey)}`;
}
