import { createHash } from "node:crypto";
import { z } from "zod";
import { secret } from "../../core/schema.ts";
import { generatedToken, tokenError } from "./token-text.ts";

/** What an admin user may do; each may also do what stands before it. */
export const adminRoles = ["view", "operate", "admin"] as const;

export type AdminRole = (typeof adminRoles)[number];

const hashPattern = /^sha256:[0-9a-f]{64}$/i;

/** Never quotes the hash: whoever has it may try tokens out at leisure. */
const hashError = (text: string): string | undefined =>
  hashPattern.test(text)
    ? undefined
    : "must be sha256: and 64 hexadecimal digits, as `distsrv token` prints it";

const userTokenError = (text: string): string | undefined =>
  text === generatedToken
    ? "cannot be made at the start, as admin.token can; `distsrv token` makes one"
    : tokenError(text);

/** What a file keeps of a token. It needs no slow hash: a token is long and random, and no password. */
export const hashOf = (token: string): string => `sha256:${createHash("sha256").update(token).digest("hex")}`;

/** What the audit calls those who have no name of their own, and what the process itself does: no user may pass for them. */
const isReserved = (name: string): boolean =>
  /^(token|nobody|anybody|somebody|watch|guard|operator|sig[a-z]+\d*)$/i.test(name);

export const adminUser = z
  .strictObject({
    name: z
      .string()
      .regex(/^[\p{L}\p{N}._@-]{1,64}$/u, "must be a name of 1 to 64 letters, digits and . _ @ -")
      .refine((name) => !isReserved(name), {
        error: ({ input }) =>
          `must be another name: ${JSON.stringify(input)} is what the audit calls somebody who is no user`,
      })
      .describe("How the log, the audit and the dashboard call the user."),
    token: secret(userTokenError)
      .meta({ secret: true, type: "string", pattern: "^[!-~]{16,}$" })
      .optional()
      .describe("What the user's clients show as Authorization: Bearer TOKEN."),
    tokenHash: secret(hashError)
      .meta({ secret: true, type: "string", pattern: "^sha256:[0-9a-fA-F]{64}$" })
      .optional()
      .describe(
        "Instead of the token: its hash, by which it can be checked and not shown; distsrv token makes both.",
      ),
    role: z
      .enum(adminRoles)
      .default("view")
      .describe(
        "view: look at everything; operate: also start, stop and restart services, try them, publish, kick clients, delete retained messages; admin: also ban, reload, stop.",
      ),
  })
  .superRefine(({ token, tokenHash }, context) => {
    if ((token === undefined) !== (tokenHash === undefined)) return;
    const what =
      token === undefined
        ? "must be set: a token or a tokenHash"
        : "and tokenHash are both set; take one out";
    context.addIssue({ code: "custom", path: ["token"], message: what });
  });

export type AdminUser = z.infer<typeof adminUser>;

/** Two users of one name could not be told apart in an audit, nor two of one token by the server. */
export const adminUsers = z
  .array(adminUser)
  .max(1000)
  .superRefine((users, context) => {
    for (const key of ["name", "hash"] as const) {
      const first = new Map<string, number>();
      for (const [index, user] of users.entries()) {
        const value = key === "name" ? user.name : userHash(user);
        if (value === undefined) continue;
        const other = first.get(value);
        if (other === undefined) first.set(value, index);
        else
          context.addIssue({
            code: "custom",
            path: [index, key === "name" ? "name" : "token"],
            message: `must be its own: admin.users.${other} has the same`,
          });
      }
    }
  });

/** The hash of the user's token, in one spelling. */
export const userHash = ({ token, tokenHash }: Pick<AdminUser, "token" | "tokenHash">): string | undefined =>
  token === undefined ? tokenHash?.toLowerCase() : hashOf(token);
