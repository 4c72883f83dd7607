import { readFileSync } from "node:fs";
import { maxIterations } from "../../protocol/scram/verifier.ts";
import { askNewPassword } from "../mqtt/ask-password.ts";
import { userFileOf } from "../mqtt/user-files.ts";
import { baseCommand, type CliCommand } from "../program/command.ts";
import { UsageError } from "../program/errors.ts";
import { wholeNumber } from "../program/options.ts";
import { replaceFile } from "../program/replace-file.ts";

/** `distcli mqtt passwd`: edits a file of a broker's users. */
export const mqttPasswd: CliCommand = (cli) =>
  baseCommand({
    name: "passwd",
    summary: "Set a password in a file of a broker's users",
    description:
      "Asks for a password, or reads the first line of stdin, and writes what a broker keeps of it into a file of " +
      "users (users: ./FILE): a list in YAML or JSON by its name, else a password_file of Mosquitto. The other users, " +
      "and comments, stay. A file that is not there is made, for its owner only.",
    examples: [
      "distcli mqtt passwd users.yaml ani",
      "distcli mqtt passwd mosquitto.passwd ani < password.txt",
      "distcli mqtt passwd users.yaml ani --delete",
    ],
  })
    .argument("<file>")
    .argument("<user>")
    .option("-D, --delete", "take the user out of the file")
    .option(
      "--iterations <n>",
      "rounds of hashing: more make guessing, and every login, slower",
      wholeNumber(4096, maxIterations),
      20_000,
    )
    .action((file, user, { iterations, ...options }) =>
      cli.run(options, async (context) => {
        if (user === "" || /[\0\r\n]/.test(user)) throw new UsageError("A user's name is text on one line");
        const users = userFileOf(file, readOrEmpty(file));
        const isThere = users.has(user);
        if (options.delete && !isThere) throw new UsageError(`${file} has no user ${user}`);
        const text = options.delete
          ? users.without(user)
          : users.set(user, await users.secretOf(await askNewPassword(context), iterations));
        replaceFile(file, text);
        const change = options.delete ? "deleted" : isThere ? "changed" : "added";
        context.result(`${user} is ${change} in ${file}`, { file, user, change });
      }),
    );

/** A file that is not there is empty. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new UsageError(`Cannot read ${file}: ${error instanceof Error ? error.message : error}`);
  }
}
