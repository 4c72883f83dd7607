import { timingSafeEqual } from "node:crypto";
import { type ClientFirst, readClientFinal, ScramError } from "./messages.ts";
import { hmac, sha256, type Verifier } from "./verifier.ts";

/** The server's first message, and what is needed to check the client's answer to it. */
export interface Challenge {
  /** `r=nonce,s=salt,i=iterations`, to be sent. */
  readonly message: string;
  readonly nonce: string;
  readonly first: ClientFirst;
  readonly verifier: Verifier;
}

/** @param random a nonce: printable text without a comma, unique for each exchange, of at least 18 bytes */
export function challenge(first: ClientFirst, verifier: Verifier, random: string): Challenge {
  const nonce = `${first.nonce}${random}`;
  const salt = Buffer.from(verifier.salt).toString("base64");
  return { message: `r=${nonce},s=${salt},i=${verifier.iterations}`, nonce, first, verifier };
}

/**
 * Checks the client's final message, RFC 5802 section 3, in constant time.
 * @returns `v=signature`, which proves the server to the client; undefined when the proof is wrong
 * @throws {ScramError} for a message that does not belong to this exchange
 */
export function conclude(
  { message, nonce, first, verifier }: Challenge,
  data: Uint8Array,
): string | undefined {
  const final = readClientFinal(data);
  if (final.nonce !== nonce) throw new ScramError("the last message has another nonce than the exchange");
  if (final.header !== first.header)
    throw new ScramError("the last message has another header than the first");
  const signed = `${first.bare},${message},${final.withoutProof}`;
  const clientKey = xor(final.proof, hmac(verifier.storedKey, signed));
  if (!timingSafeEqual(sha256(clientKey), verifier.storedKey)) return undefined;
  return `v=${hmac(verifier.serverKey, signed).toString("base64")}`;
}

const xor = (one: Uint8Array, other: Uint8Array): Uint8Array => one.map((byte, i) => byte ^ (other[i] ?? 0));
