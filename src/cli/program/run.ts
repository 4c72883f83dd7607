import {
  Command,
  CommanderError,
  type CommandUnknownOpts,
  InvalidArgumentError,
  type Option,
} from "@commander-js/extra-typings";
import { withCommandNames } from "../../core/command-names.ts";
import { describeError } from "../../core/errors.ts";
import { terminalSafe } from "../../protocol/text/terminal-safe.ts";
import type { CliIo } from "../terminal/io.ts";
import { jsonLine } from "../terminal/json.ts";
import { styleFor } from "../terminal/style.ts";
import { type Cli, type CliCommand, sharedOptionsHeading } from "./command.ts";
import { openContext } from "./command-context.ts";
import { CliError, exitCodes, InterruptedError, OutputError, UsageError } from "./errors.ts";

export interface RunOptions {
  readonly commands: readonly CliCommand[];
  readonly version: string;
  readonly readServices?: Cli["readServices"];
  /** Absent: commands that others run are run in this process. */
  readonly invoke?: Cli["invoke"];
}

/** Parses the arguments, runs the command, and returns the exit status. Never throws. */
export async function run(args: readonly string[], io: CliIo, options: RunOptions): Promise<number> {
  try {
    await buildProgram(io, options).parseAsync([...args], { from: "user" });
    return exitCodes.success;
  } catch (error) {
    return report(error, io, wantsJson(args));
  }
}

/** The program with all commands, before it parses any arguments. */
export function buildProgram(io: CliIo, options: RunOptions) {
  const program = new Command("distcli")
    .description("Speaks to every server of the distributed-systems lab.")
    .enablePositionalOptions() // behind a command, -V is the command's own
    .version(options.version, "-V, --version", "print the version")
    .addHelpText("after", "\nEvery command explains itself: distcli time --help");
  const cli = cliFor(io, options);
  for (const build of options.commands) program.addCommand(build(cli));
  configure(program, io);
  return program;
}

function cliFor(io: CliIo, options: RunOptions): Cli {
  return {
    io,
    invoke: options.invoke ?? ((args, own) => run(args, own, options)),
    readServices: options.readServices,
    run: async (shared, work) => {
      const context = openContext(io, shared);
      try {
        await work(context);
        // On Ctrl-C piped input ends early, and the command returns as if its work were done.
        io.signal.throwIfAborted();
      } catch (error) {
        if (!(error instanceof InterruptedError && context.isEndedByInterrupt)) throw error;
      } finally {
        context.close();
      }
    },
  };
}

/**
 * Makes a command and its subcommands write to our streams, group their help as we do, and throw instead of exiting.
 * `path` is the whole name of the command: `distcli mqtt sub`.
 */
function configure(command: CommandUnknownOpts, io: CliIo, path = command.name()): void {
  command.exitOverride((error) => {
    throw isHelp(error) ? error : usageError(error, path);
  });
  command.configureOutput({
    writeOut: (text) => io.stdout.write(asTyped(text, io)),
    writeErr: (text) => io.stderr.write(asTyped(text, io)),
    outputError: () => {}, // it is thrown as well, and `report` prints it
    getOutHelpWidth: () => Math.min(io.stdout.columns, 110),
    getErrHelpWidth: () => Math.min(io.stderr.columns, 110),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  command.configureHelp({ groupItems: sharedOptionsLast });
  for (const child of command.commands) configure(child, io, `${path} ${child.name()}`);
}

/** After `--help`, `--version` or no arguments at all: commander has printed what was asked for. */
const isHelp = ({ exitCode, code }: CommanderError) => exitCode === 0 || code === "commander.help";

const usageError = ({ message }: CommanderError, path: string) =>
  new UsageError(`${message.replace(/^error: /, "")}\nSee ${path} --help.`);

/** Groups options as commander does, but moves the shared options below those of the command. */
function sharedOptionsLast<T extends CommandUnknownOpts | Option>(
  _all: readonly T[],
  visible: readonly T[],
  groupOf: (item: T) => string,
): Map<string, T[]> {
  const groups = Map.groupBy(visible, groupOf);
  const shared = groups.get(sharedOptionsHeading);
  if (shared === undefined) return groups;
  groups.delete(sharedOptionsHeading);
  return groups.set(sharedOptionsHeading, shared);
}

/** Prints the error to stderr and returns its exit status. */
export function report(error: unknown, io: CliIo, json: boolean): number {
  // Thrown by a check of our own that commander did not call: it has printed nothing.
  if (error instanceof InvalidArgumentError) return report(new UsageError(error.message), io, json);
  // --help and --version succeed; a missing command is a usage error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
  const failure = asCliFailure(error, io);
  if (json) {
    const { code, message, exit } = failure;
    io.stderr.write(`${jsonLine({ error: { code, message, exit } })}\n`);
  } else if (failure.exit !== exitCodes.interrupted) {
    const style = styleFor(io.stderr, io.env);
    io.stderr.write(terminalSafe(`${style.bad("distcli:")} ${asTyped(failure.message, io)}\n`));
  }
  return failure.exit;
}

const asTyped = (text: string, { names }: CliIo): string =>
  names === undefined ? text : withCommandNames(text, names);

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exit: number;
}

function asCliFailure(error: unknown, io: CliIo): Failure {
  // After Ctrl-C any error is a consequence of it, but for a disk that is full.
  if (io.signal.aborted && !(error instanceof OutputError)) return new InterruptedError();
  if (error instanceof CliError) return { code: error.code, message: describeError(error), exit: error.exit };
  return { code: "failed", message: describeError(error), exit: exitCodes.failure };
}

/** Looks for `--json` in the arguments themselves, because the options may not have been parsed. */
export function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).includes("--json");
}
