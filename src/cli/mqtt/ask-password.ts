import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { linesOf } from "../terminal/io.ts";

/** Asks for a new password twice at a terminal, without echo; reads it once from a pipe. */
export async function askNewPassword(context: CommandContext): Promise<string> {
  const { io, signal } = context;
  if (io.openPrompter === undefined) {
    for await (const line of linesOf(io.stdin)) return notEmpty(line);
    return notEmpty("");
  }
  const prompter = io.openPrompter({ hidden: true });
  try {
    const password = notEmpty(await prompter.ask("Password: ", signal));
    if ((await prompter.ask("Again: ", signal)) === password) return password;
  } finally {
    prompter.close();
  }
  throw new UsageError("The two passwords are not the same; type the same one twice");
}

function notEmpty(password: string | undefined): string {
  if (password && !password.isWellFormed()) {
    throw new UsageError("The password is not UTF-8: a broker compares it as UTF-8, so write it so");
  }
  if (password) return password;
  throw new UsageError("The password is empty: type one, or put it on the first line of stdin");
}
