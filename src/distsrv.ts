#!/usr/bin/env bun
// The server's entry: the only place where roles, server, observers and the process meet.
import { isatty } from "node:tty";
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import labYaml from "../config/lab.yaml" with { type: "text" };
import { version } from "../package.json";
import { withTimeout } from "./core/deadline.ts";
import { namesHere } from "./names-here.ts";
import { busyPorts } from "./net/busy-ports.ts";
import { descriptorLimit, nextDescriptor, openDescriptors } from "./net/descriptors.ts";
import { serveApp } from "./net/http/app-server.ts";
import { LineWriter } from "./observe/line-writer.ts";
import { printable } from "./protocol/text/printable.ts";
import { findZone, setLocalZone } from "./protocol/text/zone/find-zone.ts";
import { registry } from "./registry.ts";
import type { ProcessFacts } from "./server/admin/context.ts";
import { check } from "./server/commands/check.ts";
import { health } from "./server/commands/health.ts";
import { init } from "./server/commands/init.ts";
import { roles, schema } from "./server/commands/roles.ts";
import { run } from "./server/commands/run.ts";
import { exitStatus, type ServerIo } from "./server/io.ts";

/** SIGHUP is here because a terminal sends it when it is closed. */
const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long the process waits at its end for its output to be read. */
const flushTimeoutMs = 1000;

const stdout = new LineWriter({ fd: 1, name: "standard output" });
const stderr = new LineWriter({ fd: 2, name: "standard error" });

/** Escapes control characters: error messages may quote the user's file. */
function writeError(text: string): void {
  stderr.write(
    text
      .split("\n")
      .map((line) => printable(line, 2000))
      .join("\n"),
  );
}

const names = namesHere();

const io: ServerIo = {
  stdout,
  err: writeError,
  isTerminal: isatty(1),
  colour: isatty(1) && !process.env.NO_COLOR,
  names,
  environment: process.env,
  version,
  labYaml: String(labYaml),
  spawnWorker,
  serveApp,
  descriptors: { limit: descriptorLimit(), next: nextDescriptor, open: openDescriptors },
  busyPorts,
  confirm: isatty(0) && isatty(2) ? confirm : undefined,
  facts: processFacts,
  // Loaded on demand, because it imports the clients of all services.
  tries: async () => (await import("./tries.ts")).tries,
  onSignal(kind, call) {
    for (const name of kind === "stop" ? stopSignals : (["SIGUSR2"] as const))
      process.on(name, () => call(name));
  },
  onUncaught(call) {
    process.on("uncaughtException", call);
    process.on("unhandledRejection", call);
  },
  exit: (status) => process.exit(status),
};

/** Descriptors that a thread needs to start. Without them Bun 1.4 ends the whole process. */
const perThread = 8;

/** @throws {Error} when there are too few file descriptors */
function spawnWorker(): Worker {
  const limit = io.descriptors.limit ?? Number.POSITIVE_INFINITY;
  if (nextDescriptor() + perThread > limit)
    throw new Error(`Cannot start a thread: nearly all of the ${limit} file descriptors are open`);
  const file = typeof WORKER_FILE === "undefined" ? "./worker.ts" : WORKER_FILE;
  return new Worker(new URL(file, import.meta.url).href);
}

/** Asks on standard error, so that the answer is asked for also when the log goes to a file. Ctrl-C and Ctrl-D are no. */
async function confirm(question: string): Promise<boolean> {
  await stderr.flush();
  const { createInterface } = await import("node:readline");
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  terminal.once("close", () => resolve(false));
  const ask = () =>
    terminal.question(`${question} [Y/n] `, (answer) => {
      const word = answer.trim().toLowerCase();
      if (!["", "y", "yes", "n", "no"].includes(word)) return ask();
      resolve(!word.startsWith("n"));
      terminal.close();
    });
  ask();
  return await promise;
}

/** A TZ that is not understood would be UTC without a word. */
function knowsLocalZone(): boolean {
  try {
    findZone("local");
    return true;
  } catch (error) {
    writeError(`Cannot start distsrv: it ${error instanceof Error ? error.message : error}\n`);
    return false;
  }
}

function processFacts(): ProcessFacts {
  const { rss, heapUsed } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    pid: process.pid,
    startedAt: performance.timeOrigin,
    memory: { rss, heap: heapUsed },
    cpu: { user: user / 1e6, system: system / 1e6 },
    platform: `${process.platform} ${process.arch}`,
    bun: Bun.version,
  };
}

setLocalZone(process.env.TZ);

const repeat = (value: string, values: string[] = []) => [...values, value];

/** Names may be separated by spaces or commas, or the option may be given several times. */
const serviceNames = (value: string, values: string[] = []) => [
  ...values,
  ...value.split(",").filter((name) => name !== ""),
];

function portOffset(text: string): number {
  const offset = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (offset <= 65_534) return offset;
  throw new InvalidArgumentError("It must be a whole number from 0 to 65534, such as 1000.");
}

const program = new Command("distsrv")
  .exitOverride() // before the subcommands: they inherit it when they are made
  .description("Every server of a distributed-systems lab in one process.")
  .version(version, "-V, --version")
  .option("-c, --config <file>", "the YAML file to run; absent: the whole lab, on 127.0.0.1 only")
  .option(
    "-s, --set <key=value>",
    "override one value, e.g. services.time.port=4500 (may be repeated)",
    repeat,
  )
  .option("--only <name...>", "run only these services, e.g. --only echo time", serviceNames)
  .option("--without <name...>", "run all services but these", serviceNames)
  .option("--port-offset <number>", "add this to every port, e.g. 1000 for a second lab", portOffset)
  .option("--skip-busy", "leave out services whose ports other programs have")
  .option("--grace <duration>", "how long a stop waits for clients, e.g. 5s")
  .option("--log-level <level>", "debug, info, warning or error")
  .option("--log-format <format>", "text, json or auto")
  .configureOutput({
    writeOut: (text) => stdout.write(text),
    writeErr: (text) => stderr.write(text),
  })
  .showHelpAfterError("(distsrv --config FILE runs a file; distsrv --help lists every option)")
  .addHelpText(
    "after",
    `
Examples:
  ${names.distsrv}  # the whole lab on 127.0.0.1
  ${names.distsrv} init && ${names.distsrv} -c lab.yaml  # a file of your own to start from
  ${names.distsrv} -c lab.yaml -s services.time.port=4500

Signals: SIGINT and SIGTERM drain and stop (twice: at once), SIGUSR2 logs counters and clients.`,
  )
  .action(async (options) => {
    const shortcuts = {
      grace: options.grace,
      "log.level": options.logLevel,
      "log.format": options.logFormat,
    };
    const set = Object.entries(shortcuts).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${value}`],
    );
    if (!knowsLocalZone()) return finish(exitStatus.usage);
    await finish(run({ ...options, set: [...(options.set ?? []), ...set] }, registry, io), flushTimeoutMs);
  });

program
  .command("check")
  .description("check a file and report all its mistakes, without starting anything")
  .argument("[file]", "absent: that of --config; or with --only and the like, the lab inside the program")
  .action((file, _, command) => {
    const { config, set = [], ...options } = program.opts();
    // Alone it is a slip; with options that choose services or ports it is about the lab inside the program.
    const about = options.only ?? options.without ?? options.portOffset ?? set[0];
    if (file === undefined && config === undefined && about === undefined)
      command.error("error: missing required argument 'file'");
    return finish(check({ ...options, config: file ?? config, set }, registry, io));
  });
program
  .command("health")
  .description("ask a running distsrv on this machine whether all its services run: status 0, or 1")
  .argument("[file]", "the file that it runs; absent: that of --config, or the lab inside the program")
  .action((file) => {
    const { config, set = [], ...options } = program.opts();
    return finish(health({ ...options, config: file ?? config, set }, registry, io));
  });
program
  .command("schema")
  .description("print the JSON Schema of the configuration, for editors")
  .action(() => finish(schema(registry, io)));
program
  .command("init")
  .description("write a commented lab.yaml to start from, and its schema for editors, never over a file")
  .argument("[file]", "where to", "lab.yaml")
  .action((file) => finish(init(file, registry, io)));
program
  .command("roles")
  .description("list the kinds of servers there are")
  .action(() => finish(roles(registry, io)));

/** @param flushMs how long to wait for a slow reader of the output; absent: for ever */
async function finish(status: number | Promise<number>, flushMs?: number): Promise<void> {
  const code = await status;
  await flushed(stdout, flushMs);
  const { error } = stdout;
  // The reader of a pipe, such as head, has closed it: that is no failure.
  const isClosedPipe = error !== undefined && "code" in error && error.code === "EPIPE";
  const hasFailed = flushMs === undefined && error !== undefined && !isClosedPipe;
  if (hasFailed) writeError(`Cannot write to ${stdout.name}: ${error.message}\n`);
  await flushed(stderr, flushMs);
  process.exit(hasFailed && code === exitStatus.ok ? exitStatus.failed : code);
}

async function flushed(writer: LineWriter, flushMs: number | undefined): Promise<void> {
  if (flushMs === undefined) await writer.flush();
  else await withTimeout(writer.flush(), flushMs);
}

try {
  await program.parseAsync();
} catch (error) {
  const code = error instanceof Error && "exitCode" in error ? error.exitCode : undefined;
  if (code === undefined) throw error;
  await finish(code === 0 ? exitStatus.ok : exitStatus.usage);
}
