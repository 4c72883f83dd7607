import { randomBytes } from "node:crypto";
import { hashOf } from "../config/admin-users.ts";
import { generatedToken, tokenError } from "../config/token-text.ts";
import { exitStatus, type ServerIo } from "../io.ts";

/** Far more than can be guessed, and short enough to be copied. */
const tokenBytes = 24;

/**
 * Prints a token for the admin service with its hash, as the configuration takes them.
 * @param input text with a token on its first line, whose hash alone is printed; absent: a new one is made
 */
export function token(input: string | undefined, io: Pick<ServerIo, "stdout" | "err">): number {
  if (input === undefined) {
    const made = randomBytes(tokenBytes).toString("base64url");
    io.stdout.write(`token: ${made}\ntokenHash: ${hashOf(made)}\n`);
    return exitStatus.ok;
  }
  const [given = ""] = input.split(/\r?\n/);
  const mistake = given === generatedToken ? "must be a token of its own" : tokenError(given);
  if (mistake !== undefined) {
    io.err(`Cannot hash the token: the first line of standard input ${mistake}\n`);
    return exitStatus.usage;
  }
  io.stdout.write(`tokenHash: ${hashOf(given)}\n`);
  return exitStatus.ok;
}
