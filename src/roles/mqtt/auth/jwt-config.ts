import { z } from "zod";
import { duration, secret } from "../../../core/schema.ts";
import type { KeySet } from "./key-file.ts";
import { urlMistake } from "./url.ts";

/** By the secret that both know. */
const symmetric = ["HS256", "HS384", "HS512"] as const;
/** By a key pair, of which the broker has the public half. */
const asymmetric = [
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
] as const;

const isSymmetric = (name: string): boolean => symmetric.some((known) => known === name);

/** As long as the hash: a shorter one could be found out from a single token. RFC 7518, section 3.2 */
const bytesOf: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

const texts = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
  .transform((value): readonly string[] => (typeof value === "string" ? [value] : value));

const claim = (fallback: string) => z.string().min(1).default(fallback);

const fields = z.strictObject({
  secret: secret((text) => (text === "" ? "must be text, not empty" : undefined))
    .optional()
    .describe(
      'The secret that signs the tokens, "${NAME}" from the environment: at least 32 bytes for HS256.',
    ),
  keys: z
    .string()
    .min(1)
    .transform((path): string | KeySet => path)
    .optional()
    .describe(
      "The path of a file with the public keys: in PEM, keys or certificates, or a JSON Web Key Set.",
    ),
  jwks: z
    .string()
    .check(({ value, issues }) => {
      const mistake = urlMistake(value);
      if (mistake !== undefined) issues.push({ code: "custom", input: undefined, message: mistake });
    })
    .optional()
    .describe("The URL of a JSON Web Key Set with the public keys."),
  refresh: duration("10m", { min: "1s", max: "1d" }).describe(
    "With jwks: how long the keys count until they are fetched again. A token with a key that is unknown has them fetched at once, every 30 seconds at most.",
  ),
  algorithms: z
    .array(z.enum([...symmetric, ...asymmetric] as [string, ...string[]]))
    .min(1)
    .optional()
    .describe(
      "How tokens may be signed: HS256 and the like with secret, RS256, PS256, ES256 (and 384, 512), EdDSA with keys. Absent: HS256, or RS256 and ES256.",
    ),
  issuer: texts.optional().describe("The issuer (iss) that a token must name, or one of these."),
  audience: texts
    .optional()
    .describe(
      "The audience (aud) that a token must be for, or one of these. Without it tokens for other services count.",
    ),
  usernameClaim: claim("sub").describe("The claim with the user name; a.b is b inside of a."),
  groupsClaim: claim("groups").describe("The claim with the groups, a list; a token without it has none."),
  rulesClaim: claim("rules").describe(
    "The claim with rules for this session: a list as in access, with publish and subscribe only.",
  ),
  clockTolerance: duration("5s", { max: "10m" }).describe(
    "How much the issuer's clock may differ from this machine's.",
  ),
});

export const jwt = fields.check(({ value, issues }) => {
  const add = (path: string[], message: string) =>
    issues.push({ code: "custom", input: undefined, path, message });
  const sources = (["secret", "keys", "jwks"] as const).filter((name) => value[name] !== undefined);
  if (sources.length !== 1) {
    const found = sources.length === 0 ? "has none of them" : `has ${sources.join(" and ")}`;
    add([], `needs one of secret, keys and jwks, and ${found}`);
    return;
  }
  // Who knows a public key could sign with it by HS256, where a key were taken for a secret.
  for (const [index, name] of (value.algorithms ?? []).entries()) {
    if (isSymmetric(name) === (value.secret !== undefined)) continue;
    const fits =
      value.secret === undefined ? "keys: RS256, ES256 and the like" : "secret: HS256, HS384 or HS512";
    issues.push({
      code: "custom",
      input: undefined,
      path: ["algorithms", index],
      message: `must be an algorithm for ${fits}`,
    });
  }
  const needed = Math.max(0, ...algorithmsOf(value).map((name) => bytesOf[name] ?? 0));
  const length = value.secret === undefined ? needed : Buffer.byteLength(value.secret);
  if (length < needed) add(["secret"], `must have at least ${needed} bytes, and has ${length}`);
});

export type JwtConfig = z.infer<typeof jwt>;

/** Those that are allowed: never both kinds. */
export const algorithmsOf = ({
  algorithms,
  secret: shared,
}: Pick<JwtConfig, "algorithms" | "secret">): readonly string[] =>
  algorithms ?? (shared === undefined ? ["RS256", "ES256"] : ["HS256"]);
