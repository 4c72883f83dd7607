import { createHmac, hkdfSync } from "node:crypto";
import type { Verifier } from "../../../protocol/scram/verifier.ts";

/** How many bytes HKDF makes at most. */
const maxSalt = 255 * 32;

/**
 * Verifiers of users that do not exist: each name always has the same one, which looks like one of `models` and fits
 * no password. So nobody can find out by trying which names there are.
 * @param secret of 32 random bytes. Made of the passwords it would let everybody who asks for a name that there is not
 *   try passwords out at home: whoever guesses them all computes the same salt
 */
export function decoyVerifiers(
  models: readonly Pick<Verifier, "iterations" | "salt">[],
  secret: Uint8Array,
): (name: string) => Verifier {
  const shapes = models.map(({ iterations, salt }) => `${iterations} ${salt.length}`);
  return (name) => {
    const [iterations = 0, length = 0] = chosenFor(name, shapes, secret).split(" ").map(Number);
    return {
      iterations,
      salt: ownSalt(name, length, secret),
      storedKey: bytesFor(name, "stored key", 32, secret),
      serverKey: bytesFor(name, "server key", 32, secret),
    };
  };
}

/** The salt of a name that has none of its own: it is the same whether the user exists, does not yet, or no longer. */
export const ownSalt = (name: string, length: number, secret: Uint8Array): Uint8Array =>
  bytesFor(name, "salt", Math.min(length, maxSalt), secret);

/**
 * One of the choices, by highest random weight: a name keeps its choice when another kind of it comes, unless that is
 * the new one, and whatever the number of each kind.
 */
export function chosenFor(name: string, choices: readonly string[], secret: Uint8Array): string {
  let chosen: { readonly choice: string; readonly weight: Buffer } | undefined;
  for (const choice of new Set(choices)) {
    const weight = createHmac("sha256", secret).update(`${choice}\n${name}`).digest();
    if (chosen === undefined || weight.compare(chosen.weight) > 0) chosen = { choice, weight };
  }
  if (chosen === undefined)
    throw new RangeError("there is nothing that a name without a user could look like");
  return chosen.choice;
}

const bytesFor = (name: string, purpose: string, length: number, secret: Uint8Array): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, name, purpose, length));
