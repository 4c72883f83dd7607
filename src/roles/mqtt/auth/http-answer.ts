import { z } from "zod";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Admission } from "../ports/access.ts";
import type { Refusal } from "../ports/authentication.ts";
import { ownRule } from "../rules/config.ts";
import { type Answer, AskError } from "./ask.ts";
import { isUserName } from "./user-name.ts";

/** Strict: of a setting that is misspelt nobody would notice that it gives or takes nothing. */
const answer = z.strictObject({
  allow: z.boolean(),
  message: z.string().max(200).optional(),
  username: z
    .string()
    .refine(
      isUserName,
      "must be a user name: text of at most 256 characters, as SASLprep leaves it, not empty",
    )
    .nullish(),
  groups: z.array(z.string().min(1).max(256)).max(100).nullish(),
  rules: z.array(ownRule).max(1000).nullish(),
  expiresIn: z.number().positive().max(1e9).nullish(),
});

/** What a service answers without a body. */
const byStatus: Readonly<Record<number, z.infer<typeof answer>>> = {
  204: { allow: true },
  401: { allow: false },
  403: { allow: false },
};

/**
 * What the service has decided about a client that calls itself `username`.
 * @throws {AskError} when that cannot be understood
 */
export function verdictIn(
  { status, body }: Answer,
  username: string | undefined,
  now: number,
): Admission | Refusal {
  const said = byStatus[status] ?? parsed(status, body);
  if (!said.allow) {
    // Only the first of them counts as a wrong login.
    const reason = status === 403 ? Reason.NotAuthorized : Reason.BadUserNameOrPassword;
    return { reason, ...(said.message !== undefined && { message: said.message }) };
  }
  const { groups, rules, expiresIn } = said;
  // The name that the client gave has been looked at before the question.
  const name = said.username ?? username;
  return {
    reason: Reason.Success,
    username: name,
    grant: {
      by: "service",
      groups: groups ?? [],
      rules: rules ?? undefined,
      until: expiresIn == null ? undefined : now + expiresIn * 1000,
    },
  };
}

function parsed(status: number, body: string): z.infer<typeof answer> {
  if (status !== 200)
    throw new AskError(`it answers with the status ${status}, and not with 200, 204, 401 or 403`);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new AskError("its answer is no JSON");
  }
  const { success, data, error } = answer.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  const where = issue?.path.length ? `${issue.path.join(".")}: ` : "";
  throw new AskError(
    `its answer is wrong: ${printable(`${where}${issue?.message ?? "not as expected"}`, 200)}`,
  );
}
