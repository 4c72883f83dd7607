import type { JWTPayload } from "jose";
import { z } from "zod";
import { printable } from "../../../protocol/text/printable.ts";
import type { Grant } from "../ports/access.ts";
import { ownRule } from "../rules/config.ts";
import type { JwtConfig } from "./jwt-config.ts";
import { isUserName } from "./user-name.ts";

/** A token that is authentic, and does not say what it should. */
export class TokenError extends Error {}

const groupList = z.array(z.string().min(1).max(256)).max(100);
const ruleList = z.array(ownRule).max(1000);

/** @throws {TokenError} */
export function usernameIn(payload: JWTPayload, name: string): string {
  const value = claimIn(payload, name);
  if (typeof value !== "string" || !isUserName(value))
    throw new TokenError(`its claim ${name} is ${value === undefined ? "missing" : "no user name"}`);
  return value;
}

/** What it gives its bearer until it expires. @throws {TokenError} */
export function grantIn(
  payload: JWTPayload,
  {
    groupsClaim,
    rulesClaim,
    clockTolerance,
  }: Pick<JwtConfig, "groupsClaim" | "rulesClaim" | "clockTolerance">,
): Grant {
  return {
    by: "token",
    groups: listIn(payload, groupsClaim, groupList) ?? [],
    rules: listIn(payload, rulesClaim, ruleList),
    until: (payload.exp ?? 0) * 1000 + clockTolerance,
  };
}

function listIn<T>(payload: JWTPayload, name: string, list: z.ZodType<T>): T | undefined {
  const value = claimIn(payload, name);
  if (value === undefined) return undefined;
  const { success, data, error } = list.safeParse(value);
  if (success) return data;
  const [issue] = error.issues;
  const where = [name, ...(issue?.path ?? [])].join(".");
  throw new TokenError(printable(`its claim ${where} is wrong: ${issue?.message ?? "not as expected"}`, 200));
}

/** Of that name, or `a.b` inside of `a`. */
function claimIn(payload: JWTPayload, name: string): unknown {
  if (Object.hasOwn(payload, name)) return payload[name];
  return name
    .split(".")
    .reduce<unknown>(
      (value, key) =>
        typeof value === "object" && value !== null && Object.hasOwn(value, key)
          ? Reflect.get(value, key)
          : undefined,
      payload,
    );
}
