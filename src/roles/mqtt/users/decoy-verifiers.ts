import { createHash, hkdfSync } from "node:crypto";
import type { Verifier } from "../../../protocol/scram/verifier.ts";

/**
 * Verifiers of users that do not exist: each name always has the same one, which looks like one of `models` and fits
 * no password. So nobody can find out by trying which names there are.
 */
export function decoyVerifiers(models: readonly Verifier[]): (name: string) => Verifier {
  // Only who knows the real ones can compute it, and it is the same after a restart, as theirs are.
  const secret = models
    .reduce((hash, { storedKey, salt }) => hash.update(storedKey).update(salt), createHash("sha256"))
    .digest();
  const bytes = (name: string, purpose: string, length: number) =>
    Buffer.from(hkdfSync("sha256", secret, name, purpose, length));
  return (name) => {
    const model = models[bytes(name, "model", 4).readUInt32BE() % models.length];
    if (model === undefined) throw new RangeError("there is no verifier to look like");
    return {
      iterations: model.iterations,
      salt: bytes(name, "salt", Math.min(model.salt.length, 255 * 32)),
      storedKey: bytes(name, "stored key", 32),
      serverKey: bytes(name, "server key", 32),
    };
  };
}
