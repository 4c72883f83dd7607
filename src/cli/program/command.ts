import { Command, type CommandUnknownOpts, type OptionValues } from "@commander-js/extra-typings";
import type { CliIo } from "../terminal/io.ts";
import type { CommandContext } from "./command-context.ts";
import {
  durationMs,
  hostName,
  portNumber,
  positiveDurationMs,
  type SharedOptions,
  wholeNumber,
} from "./options.ts";

/** A service that a lab should have, as its configuration file names it. */
export interface ExpectedService {
  readonly service: string;
  readonly role: string;
  readonly host: string;
  readonly port: number;
}

/** What a command is given to work with. */
export interface Cli {
  readonly io: CliIo;
  /** Opens the context that the shared options describe, runs `work` in it and closes it whatever happens. */
  run(options: SharedOptions, work: (context: CommandContext) => Promise<void>): Promise<void>;
  /** The services of a distsrv configuration. Handed in by the entry: the client knows no server. */
  readonly readServices?: (path: string) => Promise<readonly ExpectedService[]>;
}

/**
 * One command of distcli: builds its commander command. Its action parses nothing any more, calls `cli.run`,
 * prints through the context, and fails by throwing (a `CliError` says its own exit status).
 *
 *     export const greet: CliCommand = (cli) =>
 *       peerCommand({ name: "greet", summary: "Greets", port: 7, examples: ["distcli greet 10.0.0.1"] })
 *         .option("--loud", "in capitals")
 *         .action((host, options) => cli.run(options, (context) => greetPeer(context, host, options)));
 */
export type CliCommand = (cli: Cli) => CommandUnknownOpts;

export interface CommandWords {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** More than the summary, where there is more to say. */
  readonly description?: string;
  /** Whole command lines, shown under the help. */
  readonly examples: readonly string[];
}

/** The heading of what every command takes; the help shows it last. */
export const sharedOptionsHeading = "Shared options:";

/** A command with the options that all commands share. */
export function baseCommand(words: CommandWords) {
  return new Command(words.name)
    .summary(words.summary)
    .description(words.description ?? words.summary)
    .addHelpText("after", `\nExamples:\n${words.examples.map((line) => `  ${line}`).join("\n")}`)
    .optionsGroup(sharedOptionsHeading)
    .option("--timeout <duration>", "give up when the peer is silent for so long", positiveDurationMs)
    .option("--json", "print one JSON object per result")
    .option("--quiet", "print nothing but the results")
    .option("--log <file>", "append what is printed to a file")
    .optionsGroup("Options:");
}

/** Adds what repeats a conversation and multiplies it. */
export function withSchedule<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .option("--repeat <n>", "do it so many times", wholeNumber(1))
    .option("--every <duration>", "from one time to the next; without --repeat: until Ctrl-C", durationMs)
    .option(
      "--clients <n>",
      "so many clients at once, each on its own connection",
      wholeNumber(1, 50_000),
      1,
    );
}

/** A command whose first argument is the host of its peer, and which knows the port of the lab's service. */
export function peerCommand(words: CommandWords & { readonly port: number }) {
  return baseCommand(words)
    .argument("[host]", "name or address of the server", hostName, "127.0.0.1")
    .option("-p, --port <port>", "port of the server", portNumber, words.port);
}
