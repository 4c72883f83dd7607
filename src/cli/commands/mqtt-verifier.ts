import { maxIterations, minIterations } from "../../protocol/scram/verifier.ts";
import { askNewPassword } from "../mqtt/ask-password.ts";
import { makeVerifier } from "../mqtt/make-verifier.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import { wholeNumber } from "../program/options.ts";

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
        const password = await askNewPassword(context);
        const verifier = await makeVerifier(password, iterations);
        context.result(verifier, { verifier });
      }),
    );
