import { z } from "zod";
import { secret } from "../../../core/schema.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import {
  looksLikeVerifier,
  maxIterations,
  minIterations,
  readVerifier,
} from "../../../protocol/scram/verifier.ts";

const password = secret((text) => {
  if (text === "") return "must be text, not empty";
  if (!looksLikeVerifier(text) || readVerifier(text) !== undefined) return undefined;
  return `must be a verifier such as SCRAM-SHA-256$4096:SALT$STOREDKEY:SERVERKEY, with ${minIterations} to ${maxIterations} iterations and the rest in base64, as it starts like one`;
});

const user = z.strictObject({
  name: z.string().min(1).describe("The user name that the client sends."),
  password: password.describe(
    'The password, best as "${NAME}" from the environment; or its SCRAM verifier, as PostgreSQL writes it: SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey.',
  ),
});

/** Who may connect. */
export const userFields = {
  users: z
    .array(user)
    .default([])
    .describe(
      "Who may connect, by user name and password or, with MQTT 5, by the authentication method SCRAM-SHA-256. None: everybody.",
    ),
  anonymous: z
    .boolean()
    .optional()
    .describe(
      "Let clients without a user name connect; absent: only where no users are listed. A wrong name or password is refused in any case.",
    ),
};

export type UserConfig = z.infer<typeof user>;

/** The settings that say who may connect. */
export interface UsersConfig {
  readonly users: readonly UserConfig[];
  readonly anonymous?: boolean | undefined;
}

/** What is wrong with the settings together, and where. */
export function* userMistakes({ users, anonymous }: UsersConfig) {
  if (anonymous === false && users.length === 0) {
    yield { path: ["anonymous"], message: "must not be false without users: nobody could connect" };
  }
  const names = new Set<string>();
  for (const [index, { name }] of users.entries()) {
    if (names.has(saslPrep(name))) {
      yield { path: ["users", index, "name"], message: `must be another name: "${name}" is listed already` };
    }
    names.add(saslPrep(name));
  }
}
