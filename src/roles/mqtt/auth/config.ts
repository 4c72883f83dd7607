import { z } from "zod";
import { duration, secret } from "../../../core/schema.ts";
import { jwt } from "./jwt-config.ts";
import { urlMistake } from "./url.ts";

const url = z.string().check(({ value, issues }) => {
  const mistake = urlMistake(value);
  if (mistake !== undefined) issues.push({ code: "custom", input: undefined, message: mistake });
});

const authorization = secret((text) => {
  const isHeader = /^[\x20-\x7e\t]+$/.test(text) && text.trim() === text;
  return isHeader ? undefined : "must be the value of an HTTP header: ASCII, not empty, without line ends";
});

const fields = z.strictObject({
  http: url
    .optional()
    .describe(
      "Ask this service of yours who may come in: at CONNECT it gets a POST with JSON, and answers { allow: true } or { allow: false }, and may add username, groups, rules and expiresIn (docs/access.md).",
    ),
  authorization: authorization
    .optional()
    .describe(
      'With http: the Authorization header of each question, such as "Bearer ${KEY}", so that the service knows the broker.',
    ),
  timeout: duration("2s", { min: "10ms", max: "1m" }).describe(
    "How long an answer may take, of the service or of a URL with keys.",
  ),
  maxQuestions: z
    .int()
    .min(1)
    .max(1000)
    .default(16)
    .describe(
      "With http: questions at once. Further clients wait, hosts in turn, for their connectTimeout at most.",
    ),
  cache: duration("30s", { max: "1d" }).describe(
    "With http: how long a verdict counts for a client that comes again with the same credentials; 0 asks each time.",
  ),
  staleIfError: duration("0s", { max: "7d" }).describe(
    "With http: how much longer a verdict counts while the service cannot be asked.",
  ),
  onFailure: z
    .enum(["deny", "anonymous"])
    .default("deny")
    .describe(
      "With http: what holds when the service cannot be asked, or answers what nobody understands. deny: the client is refused (0x88, server unavailable). anonymous: it is let in without a user name, and the rules for such clients apply.",
    ),
  jwt: jwt
    .optional()
    .describe("Let in clients whose password is a JSON Web Token that one of these keys has signed."),
});

/** What has no meaning without a service to ask. */
const ofHttp = ["authorization"] as const;

export const auth = fields.check(({ value, issues }) => {
  const add = (path: string[], message: string) =>
    issues.push({ code: "custom", input: undefined, path, message });
  if (value.http === undefined && value.jwt === undefined)
    add([], "needs http: URL, or jwt: with keys, or both: who is to decide?");
  if (value.http !== undefined) return;
  for (const name of ofHttp) {
    if (value[name] !== undefined) add([name], "is of use with http: URL only");
  }
});

/** Who else than the configuration decides who comes in. */
export const authFields = {
  auth: auth
    .optional()
    .describe(
      "Somebody else decides who comes in. A certificate that gives the user name is asked first; then users, about the names that they list, and nobody else speaks for these; then jwt, about a password that is a token; then http, about everybody else.",
    ),
};

export type AuthConfig = z.infer<typeof auth>;

interface Waiting {
  readonly auth?: AuthConfig | undefined;
  readonly connectTimeout: number;
  readonly listeners: readonly { readonly connectTimeout?: number | undefined }[];
}

/** What does not go together with other settings, and where. */
export function* authMistakes({ auth, connectTimeout, listeners }: Waiting) {
  const waits = Math.min(connectTimeout, ...listeners.map((own) => own.connectTimeout ?? connectTimeout));
  if (auth === undefined || auth.timeout < waits) return;
  const message = `must be shorter than connectTimeout, which is ${waits} ms: by then the client is given up, and nobody hears why`;
  yield { path: ["auth", "timeout"], message };
}
