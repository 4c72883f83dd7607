import { pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { saslPrep } from "../../protocol/scram/sasl-prep.ts";
import { verifierOf, writeVerifier } from "../../protocol/scram/verifier.ts";

const deriveKey = promisify(pbkdf2);

/** What a broker keeps of a password: SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey. */
export async function makeVerifier(password: string, iterations: number): Promise<string> {
  const salt = randomBytes(16);
  const salted = await deriveKey(saslPrep(password), salt, iterations, 32, "sha256");
  return writeVerifier(verifierOf(salted, salt, iterations));
}
