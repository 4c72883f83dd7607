import { Command, CommanderError, type CommandUnknownOpts, type Option } from "@commander-js/extra-typings";
import { describeError } from "../../core/errors.ts";
import type { CliIo } from "../terminal/io.ts";
import { jsonLine } from "../terminal/json.ts";
import { styleFor } from "../terminal/style.ts";
import { terminalSafe } from "../terminal/terminal-safe.ts";
import { type Cli, type CliCommand, sharedOptionsHeading } from "./command.ts";
import { openContext } from "./command-context.ts";
import { CliError, exitCodes, InterruptedError, UsageError } from "./errors.ts";

export interface RunOptions {
  readonly commands: readonly CliCommand[];
  readonly version: string;
  readonly readServices?: Cli["readServices"];
}

/** Parses the words after `distcli`, runs the command, and returns the exit status. Never throws. */
export async function run(args: readonly string[], io: CliIo, options: RunOptions): Promise<number> {
  try {
    await buildProgram(io, options).parseAsync([...args], { from: "user" });
    return exitCodes.success;
  } catch (error) {
    return report(error, io, wantsJson(args));
  }
}

/** The program with all commands, not yet given any words. */
export function buildProgram(io: CliIo, options: RunOptions) {
  const program = new Command("distcli")
    .description("Speaks to every server of the distributed-systems lab.")
    .enablePositionalOptions() // behind a command, -V is the command's own
    .version(options.version, "-V, --version", "print the version")
    .addHelpText("after", "\nEvery command explains itself: distcli time --help");
  const cli = cliFor(io, options);
  for (const build of options.commands) program.addCommand(build(cli));
  equip(program, io);
  return program;
}

function cliFor(io: CliIo, options: RunOptions): Cli {
  return {
    io,
    readServices: options.readServices,
    run: async (shared, work) => {
      const context = openContext(io, shared);
      try {
        await work(context);
        // Piped input ends early on Ctrl-C, which looks to the command like the end of its work.
        io.signal.throwIfAborted();
      } finally {
        context.close();
      }
    },
  };
}

/**
 * Gives a command and those below it our streams, our help, and errors that are thrown instead of exits. `path`
 * is how the command is called: `distcli mqtt sub`.
 */
function equip(command: CommandUnknownOpts, io: CliIo, path = command.name()): void {
  command.exitOverride((error) => {
    throw isHelp(error) ? error : mistake(error, path);
  });
  command.configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(text),
    outputError: () => {}, // it is thrown as well, and told once by `report`
    getOutHelpWidth: () => Math.min(io.stdout.columns, 110),
    getErrHelpWidth: () => Math.min(io.stderr.columns, 110),
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
  command.configureHelp({ groupItems: sharedOptionsLast });
  for (const below of command.commands) equip(below, io, `${path} ${below.name()}`);
}

/** What was asked for, by `--help`, `--version` or no word at all, has been shown. */
const isHelp = ({ exitCode, code }: CommanderError) => exitCode === 0 || code === "commander.help";

const mistake = ({ message }: CommanderError, path: string) =>
  new UsageError(`${message.replace(/^error: /, "")}\nSee ${path} --help.`);

/** Groups as commander does, and moves what every command takes below what this one takes. */
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

/** Tells the error on stderr and returns the status it stands for. */
export function report(error: unknown, io: CliIo, json: boolean): number {
  // --help and --version are what was wanted; no command at all is not.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
  const failure = asCliFailure(error, io);
  if (json) {
    const { code, message, exit } = failure;
    io.stderr.write(`${jsonLine({ error: { code, message, exit } })}\n`);
  } else if (failure.exit !== exitCodes.interrupted) {
    const style = styleFor(io.stderr, io.env);
    io.stderr.write(terminalSafe(`${style.bad("distcli:")} ${failure.message}\n`));
  }
  return failure.exit;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exit: number;
}

function asCliFailure(error: unknown, io: CliIo): Failure {
  // What breaks because the user pressed Ctrl-C is no failure of its own.
  if (io.signal.aborted) return new InterruptedError();
  if (error instanceof CliError) return { code: error.code, message: describeError(error), exit: error.exit };
  return { code: "failed", message: describeError(error), exit: exitCodes.failure };
}

/** The options may not have parsed, so the words themselves are asked. */
export function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end === -1 ? args : args.slice(0, end)).includes("--json");
}
