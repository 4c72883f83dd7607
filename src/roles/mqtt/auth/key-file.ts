import { createPublicKey, type KeyObject } from "node:crypto";
import type { JWK } from "jose";
import { ListFileError, readText } from "../rules/list-file.ts";

/** Public keys as a JSON Web Key Set, RFC 7517. */
export interface KeySet {
  readonly keys: readonly JWK[];
  /** Keys in PEM have no identifier: any of them may be the one that a token names. */
  readonly isNameless: boolean;
}

/** Of an RSA key: RFC 7518, section 3.3. */
const minBits = 2048;
const maxKeys = 100;

/** A token that does not say by which key it is signed costs a check with each of them. */
export const maxNamelessKeys = 8;

/**
 * Reads public keys: those of a JSON Web Key Set, or PEM.
 * @throws {ListFileError}
 */
export function readKeyFile(path: string): KeySet {
  const text = readText(path);
  try {
    return text.trimStart().startsWith("{") ? keySetOf(JSON.parse(text)) : keysInPem(text);
  } catch (error) {
    throw new ListFileError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Checks what has been fetched or read. @throws {Error} that says what is wrong with it */
export function keySetOf(value: unknown): KeySet {
  const keys: unknown = Object(value).keys;
  if (!Array.isArray(keys)) throw new Error('must be a JSON Web Key Set: { "keys": [...] }');
  if (keys.length > maxKeys) throw new Error(`has ${keys.length} keys; at most ${maxKeys} are read`);
  const usable = keys.flatMap((key: unknown, index) => publicKey(key, index) ?? []);
  if (usable.length === 0) throw new Error("has no public key to check signatures with");
  return { keys: usable, isNameless: false };
}

/** A key of a kind that is not known is left out: RFC 7517, section 5. */
function publicKey(key: unknown, index: number): JWK | undefined {
  const jwk = Object(key) as JWK;
  if (jwk.kty === "oct") return undefined;
  if ("d" in jwk)
    throw new Error(`its key ${index + 1} is a private one; the broker needs the public half only`);
  let object: KeyObject;
  try {
    object = createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    return undefined;
  }
  checkLength(object, `its key ${index + 1}`);
  return jwk;
}

function keysInPem(text: string): KeySet {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    throw new Error("has a private key; the broker needs the public half only");
  const blocks =
    text.match(/-----BEGIN (PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----[\s\S]+?-----END \1-----/g) ?? [];
  if (blocks.length === 0)
    throw new Error("must be public keys in PEM (-----BEGIN PUBLIC KEY-----), or a JSON Web Key Set");
  if (blocks.length > maxNamelessKeys)
    throw new Error(
      `has ${blocks.length} keys, and no token says which of them has signed it, so at most ${maxNamelessKeys} are read; a JSON Web Key Set, whose keys have a kid, may have ${maxKeys}`,
    );
  const keys = blocks.map((block, index) => {
    const object = createPublicKey(block);
    checkLength(object, `its key ${index + 1}`);
    return object.export({ format: "jwk" }) as JWK;
  });
  return { keys, isNameless: true };
}

function checkLength({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, which: string): void {
  const bits = asymmetricKeyDetails?.modulusLength ?? minBits;
  if (asymmetricKeyType === "rsa" && bits < minBits)
    throw new Error(`${which} has ${bits} bits; RSA needs at least ${minBits}`);
}
