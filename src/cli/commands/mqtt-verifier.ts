import { pbkdf2, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { saslPrep } from "../../protocol/scram/sasl-prep.ts";
import { maxIterations, minIterations, verifierOf, writeVerifier } from "../../protocol/scram/verifier.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { wholeNumber } from "../program/options.ts";
import { linesOf } from "../terminal/io.ts";

/** `distcli mqtt verifier`: makes the SCRAM verifier that a broker stores for a password. */
export const mqttVerifier: CliCommand = (cli) =>
  baseCommand({
    name: "verifier",
    summary: "Make of a password what a broker keeps of it",
    description:
      "Asks for a password, or reads the first line of stdin, and prints its SCRAM-SHA-256 verifier: put that into " +
      "a broker's users in place of the password. It is enough to check the password, and not enough to log in " +
      "with. Each time it is another one, as its salt is random. Nothing is sent anywhere.",
    examples: ["distcli mqtt verifier", "distcli mqtt verifier --iterations 20000 < password.txt"],
  })
    .option(
      "--iterations <n>",
      "rounds of hashing: more make guessing, and every login, slower",
      wholeNumber(minIterations, maxIterations),
      minIterations,
    )
    .action(({ iterations, ...options }) =>
      cli.run(options, async (context) => {
        const password = await readPassword(context);
        const verifier = await makeVerifier(password, iterations);
        context.result(verifier, { verifier });
      }),
    );

/** Asks for the password twice at a terminal, without echo; reads it once from a pipe. */
async function readPassword(context: CommandContext): Promise<string> {
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

const deriveKey = promisify(pbkdf2);

async function makeVerifier(password: string, iterations: number): Promise<string> {
  const salt = randomBytes(16);
  const salted = await deriveKey(saslPrep(password), salt, iterations, 32, "sha256");
  return writeVerifier(verifierOf(salted, salt, iterations));
}
