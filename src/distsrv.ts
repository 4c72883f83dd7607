#!/usr/bin/env bun
// The server's entry: the only place where roles, server, observers and the process meet.
import { statSync, watch, writeSync } from "node:fs";
import { dirname } from "node:path";
import { isatty } from "node:tty";
import { Command, InvalidArgumentError } from "@commander-js/extra-typings";
import labYaml from "../config/lab.yaml" with { type: "text" };
import { version } from "../package.json";
import { copyStore } from "./copy-store.ts";
import { withTimeout } from "./core/deadline.ts";
import { localUsersHere } from "./local-users.ts";
import { namesHere } from "./names-here.ts";
import { busyPorts } from "./net/busy-ports.ts";
import { descriptorLimit, nextDescriptor, openDescriptors } from "./net/descriptors.ts";
import { serveApp } from "./net/http/app-server.ts";
import { LineWriter } from "./observe/line-writer.ts";
import { ownProgram } from "./own-program.ts";
import { printable } from "./protocol/text/printable.ts";
import { findZone, setLocalZone } from "./protocol/text/zone/find-zone.ts";
import { registry } from "./registry.ts";
import type { ProcessFacts } from "./server/admin/context.ts";
import { check } from "./server/commands/check.ts";
import { health } from "./server/commands/health.ts";
import { init } from "./server/commands/init.ts";
import { reload } from "./server/commands/reload.ts";
import { roles, schema } from "./server/commands/roles.ts";
import { run } from "./server/commands/run.ts";
import { token } from "./server/commands/token.ts";
import { type DirectoryLocking, exitStatus, type ServerIo, type SignalKind } from "./server/io.ts";
import { DirectoryInUseError, DirectoryLock } from "./storage/lock.ts";

const signals = {
  stop: ["SIGINT", "SIGTERM"],
  report: ["SIGUSR2"],
  reload: ["SIGHUP"],
  reopen: ["SIGUSR1"],
} as const satisfies Record<SignalKind, readonly NodeJS.Signals[]>;

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
  localUsers: localUsersHere(),
  copyStore: (directory) => copyStore(ownProgram("distsrv"), directory),
  lockDirectory,
  captureScripts: async () => (await import("./capture-script.ts")).captureScripts,
  descriptors: { limit: descriptorLimit(), next: nextDescriptor, open: openDescriptors },
  busyPorts,
  confirm: isatty(0) && isatty(2) ? confirm : undefined,
  facts: processFacts,
  // Loaded on demand, because it imports the clients of all services.
  tries: async () => (await import("./tries.ts")).tries,
  onSignal(kind, call) {
    for (const name of signals[kind]) {
      // A terminal that is closed sends SIGHUP, too: nobody is there any more who could stop it by Ctrl-C.
      process.on(name, () => (name !== "SIGHUP" || !hasLostTerminal() ? call(name) : onHangup(name)));
    }
    if (kind === "stop") onHangup = call;
  },
  watchFile,
  onUncaught(call) {
    process.on("uncaughtException", call);
    process.on("unhandledRejection", call);
  },
  exit: (status) => process.exit(status),
};

function lockDirectory(directory: string, owner: string): ReturnType<DirectoryLocking> {
  try {
    const lock = DirectoryLock.take(directory, owner);
    return { release: () => lock.release() };
  } catch (error) {
    if (error instanceof DirectoryInUseError) return { heldBy: error.heldBy };
    throw error;
  }
}

let onHangup = (_signal: string): void => {};

const hadTerminal = isatty(0) || isatty(1);
const hasLostTerminal = (): boolean => hadTerminal && !isatty(0) && !isatty(1);

/** An editor writes a file in several steps, or puts another one in its place: it is quiet for so long afterwards. */
const quietMs = 200;

/**
 * The folder is watched, because a file that is replaced is another file; and what the name leads to is compared, because
 * it may be a link to a link, as in a ConfigMap of Kubernetes.
 */
function watchFile(path: string, call: () => void): () => void {
  let timer: Timer | undefined;
  let before = signatureOf(path);
  const compare = () => {
    const now = signatureOf(path);
    if (now === before) return;
    before = now;
    call();
  };
  const watcher = watch(dirname(path), () => {
    clearTimeout(timer);
    timer = setTimeout(compare, quietMs);
  });
  watcher.on("error", (error) => writeError(`Cannot watch ${path} any more: ${error.message}\n`));
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}

/** Undefined: it is not there just now. */
function signatureOf(path: string): string | undefined {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return undefined;
  }
}

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
  .option("--capture <file>", "also write what the services receive and send to this pcapng file")
  .option("--capture-lua", "also write a script beside the capture by which Wireshark knows the services")
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

Signals: SIGINT and SIGTERM drain and stop (twice: at once), SIGHUP reads the file again, SIGUSR1 goes on in new
files of log, audit and capture, SIGUSR2 logs counters and clients.`,
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
  .command("reload")
  .description("have a running distsrv on this machine go over to what its file says now: status 0, or 1")
  .argument("[file]", "the file that it runs; absent: that of --config, or the lab inside the program")
  .action((file) => {
    const { config, set = [], ...options } = program.opts();
    return finish(reload({ ...options, config: file ?? config, set }, registry, io));
  });
program
  .command("access")
  .description("say what the rules of a broker allow, and which of them: status 0 allowed, 1 denied")
  .argument("[file]", "absent: that of --config")
  .option("-u, --user <name>", "as this user; absent: as a client without a user name")
  .option("--client <id>", "with this client identifier, for rules with %c")
  .option("--publish <topic>", "may it publish to this topic?")
  .option("--subscribe <filter>", "may it subscribe to this filter, and what does it receive?")
  .option("--service <name>", "of this broker, where the file has several")
  .action(async (file, question) => {
    const { config, set = [], ...options } = program.opts();
    const { explainAccess } = await import("./access-command.ts");
    return finish(explainAccess({ ...options, config: file ?? config, set }, question, registry, io));
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
  .command("token")
  .description("make a token for the admin service, and print it and its hash, for admin.users")
  .option("--stdin", "print the hash of the token on the first line of standard input instead")
  .action(async ({ stdin = false }) => finish(token(stdin ? await Bun.stdin.text() : undefined, io)));
program
  .command("roles")
  .description("list the kinds of servers there are")
  .action(() => finish(roles(registry, io)));

const store = program
  .command("store")
  .description("look into the files of a durable broker (persistence.directory), copy and check them");
// Not the log's writer, which leaves lines out when nobody takes them: of a backup every line counts.
const storeOutput = { write: (text: string) => writeAll(1, Buffer.from(text)), error: writeError };
// Loaded on demand: whoever runs a lab does not need it.
const storeCommands = () => import("./store-commands.ts");
store
  .command("info")
  .description("count what is in it")
  .argument("<directory>")
  .option("--json", "as one line of JSON")
  .action(async (directory, { json = false }) =>
    finish((await storeCommands()).storeInfo(directory, json, storeOutput)),
  );
store
  .command("dump")
  .description("list the sessions, retained messages and wills")
  .argument("<directory>")
  .option("--json", "all of it, messages too, as JSON Lines")
  .action(async (directory, { json = false }) =>
    finish((await storeCommands()).storeDump(directory, json, storeOutput)),
  );
store
  .command("verify")
  .description("check every byte that counts: status 0, or 1")
  .argument("<directory>")
  .action(async (directory) => finish((await storeCommands()).storeVerify(directory, storeOutput)));
store
  .command("export")
  .description("print all of it as JSON Lines, for a backup or a move; the broker may run meanwhile")
  .argument("<directory>")
  .action(async (directory) => finish((await storeCommands()).storeExport(directory, storeOutput)));
store
  .command("import")
  .description("make a store of exported lines, or of a mosquitto.db, in a directory that holds none yet")
  .argument("<directory>")
  .argument("[file]", "absent: standard input")
  .action(async (directory, file) =>
    finish((await storeCommands()).storeImport(directory, file, storeOutput)),
  );

/**
 * Waits for its reader, and does nothing else meanwhile.
 * @throws {Error} when it cannot be written
 */
async function writeAll(fd: number, bytes: Buffer): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      // A pipe that does not block.
      if (!(error instanceof Error && "code" in error && error.code === "EAGAIN")) throw error;
      await Bun.sleep(10);
    }
  }
}

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
