import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import type { NetworkTransport } from "../../core/address.ts";
import type { CliIo } from "../terminal/io.ts";
import type { CommandContext } from "./command-context.ts";
import { hostName, portNumber, positiveDurationMs, type SharedOptions } from "./options.ts";

/** A port of a service, and how it is spoken to there. */
export interface ExpectedListener {
  readonly port: number;
  readonly transport: NetworkTransport;
}

/** A service that a lab should have, as its configuration file names it. */
export interface ExpectedService {
  readonly service: string;
  readonly role: string;
  readonly host: string;
  /** 0 where it listens on none. */
  readonly port: number;
  /** All that it listens on, the first included; absent: `port` alone. */
  readonly listeners?: readonly ExpectedListener[] | undefined;
  /** It speaks TLS. */
  readonly isSecure?: boolean | undefined;
  /** Known beforehand, so that no round trip is made: its server says that it does not run, for example. */
  readonly known?: { readonly state: "failed" | "skipped"; readonly why: string } | undefined;
}

/** What a command is built with. */
export interface Cli {
  readonly io: CliIo;
  /** Opens the context that the shared options describe, runs `work` with it, and always closes it. */
  run(options: SharedOptions, work: (context: CommandContext) => Promise<void>): Promise<void>;
  /** Runs another command of this program with an io of its own, and returns its exit status. Never throws. */
  readonly invoke: (args: readonly string[], io: CliIo) => Promise<number>;
  /** The services of a distsrv configuration. Handed in by the entry: the client does not import the server. */
  readonly readServices?: (path: string) => Promise<readonly ExpectedService[]>;
}

/**
 * One command of distcli: builds its commander command. The action gets parsed options, calls `cli.run`, prints
 * through the context, and fails by throwing (a `CliError` has its own exit status).
 *
 *     export const greet: CliCommand = (cli) =>
 *       peerCommand({ name: "greet", summary: "Greets", port: 7, examples: ["distcli greet 10.0.0.1"] })
 *         .option("--loud", "in capitals")
 *         .action((host, options) => cli.run(options, (context) => greetPeer(context, host, options)));
 */
export type CliCommand = (cli: Cli) => CommandUnknownOpts;

export interface CommandHelp {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** More than the summary, where there is more to say. */
  readonly description?: string;
  /** Whole command lines, shown under the help. */
  readonly examples: readonly string[];
}

/** The heading of the options that every command takes; the help shows it last. */
export const sharedOptionsHeading = "Shared options:";

/** A command with the options that all commands share. */
export function baseCommand(help: CommandHelp) {
  return new Command(help.name)
    .summary(help.summary)
    .description(help.description ?? help.summary)
    .addHelpText("after", `\nExamples:\n${help.examples.map((line) => `  ${line}`).join("\n")}`)
    .optionsGroup(sharedOptionsHeading)
    .option("--timeout <duration>", "give up when the peer is silent for so long", positiveDurationMs)
    .option("--json", "print one JSON object per result")
    .option("--quiet", "print nothing but the results")
    .option("--log <file>", "append what is printed to a file")
    .optionsGroup("Options:");
}

/** A command whose first argument is the host of its peer, and whose `--port` has the lab's port as default. */
export function peerCommand(help: CommandHelp & { readonly port: number }) {
  return baseCommand(help)
    .argument("[host]", "name or address of the server", hostName, "127.0.0.1")
    .option("-p, --port <port>", "port of the server", portNumber, help.port);
}
