import { randomBytes } from "node:crypto";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describeError } from "../../core/errors.ts";
import { tokenFile } from "../../core/token-file.ts";
import type { Plan } from "../config/plan.ts";
import { generatedToken } from "../config/token-text.ts";

/** A plan that can be run: where its token was to be made, there is one now. */
export interface PlanWithToken {
  readonly plan: Plan;
  /** Made here, so nobody knows it yet. */
  readonly made: string | undefined;
}

/** @param knowsUsers whether this machine's users can be told apart: otherwise nobody goes without a token */
export function withGeneratedToken(plan: Plan, knowsUsers: boolean): PlanWithToken {
  const { admin } = plan.settings;
  if (admin === false) return { plan, made: undefined };
  const isOpen = admin.token === undefined && admin.users.length === 0;
  if (admin.token !== generatedToken && !(isOpen && !knowsUsers)) return { plan, made: undefined };
  const made = randomToken();
  return { plan: { ...plan, settings: { ...plan.settings, admin: { ...admin, token: made } } }, made };
}

export const randomToken = (): string => randomBytes(24).toString("base64url");

export interface KeptToken {
  /** For a person who starts the lab: the token, and its file or why there is none. */
  readonly notice: string;
  /** Deletes the file: the token is of no use after the process. */
  forget(): void;
}

/** Writes the token where distcli looks for it, readable by the owner only. */
export function keepToken(
  token: string,
  port: number,
  environment: Readonly<Record<string, string | undefined>>,
): KeptToken {
  const file = tokenFile(environment, port);
  const notice = (where: string) => `Token: ${token} (the dashboard asks for it; ${where})`;
  const none = (problem: string) => ({ notice: notice(`distcli does not find it: ${problem}`), forget() {} });
  if (file === undefined)
    return none("there is no folder for it; set DISTSRV_STATE_DIR, or give distcli --token");
  try {
    write(file, token);
  } catch (error) {
    return none(
      `${file} cannot be written (${describeError(error)}); set DISTSRV_STATE_DIR to another folder`,
    );
  }
  return { notice: notice(`distcli reads it from ${file}`), forget: () => rmSync(file, { force: true }) };
}

/** A new file takes the old one's place, so that the mode is right also where the old one had another. */
function write(file: string, token: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${randomBytes(6).toString("hex")}`;
  writeFileSync(fresh, `${token}\n`, { mode: 0o600, flag: "wx" });
  renameSync(fresh, file);
}
