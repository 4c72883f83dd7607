#!/usr/bin/env bun
// The server's entry: the only place where roles, server, observers and the process meet.
import { Command } from "@commander-js/extra-typings";
import labYaml from "../config/lab.yaml" with { type: "text" };
import { version } from "../package.json";
import { parts } from "./parts.ts";
import { check } from "./server/commands/check.ts";
import { init } from "./server/commands/init.ts";
import { roles, schema } from "./server/commands/roles.ts";
import { run } from "./server/commands/run.ts";
import { exitStatus, type ServerIo } from "./server/io.ts";

const stopSignals = ["SIGINT", "SIGTERM"] as const;

const io: ServerIo = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
  colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
  environment: process.env,
  version,
  labYaml: String(labYaml),
  spawnWorker: () => new Worker(new URL("./worker.ts", import.meta.url).href),
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

const repeat = (value: string, values: string[]) => [...values, value];

const program = new Command("distsrv")
  .description("Every server of a distributed-systems lab in one process.")
  .version(version, "-V, --version")
  .option("-c, --config <file>", "the YAML file to run; absent: the whole lab, on 127.0.0.1 only")
  .option(
    "-s, --set <key=value>",
    "override one value, e.g. services.time.port=4500 (may be repeated)",
    repeat,
    [],
  )
  .option("--grace <duration>", "how long a stop waits for clients, e.g. 5s")
  .option("--log-level <level>", "debug, info, warning or error")
  .option("--log-format <format>", "text, json or auto")
  .showHelpAfterError("(distsrv --help tells the options)")
  .addHelpText(
    "after",
    `
Examples:
  distsrv                                    the whole lab on 127.0.0.1
  distsrv init && distsrv -c lab.yaml        a file of your own to start from
  distsrv -c lab.yaml -s services.time.port=4500

Signals: SIGINT and SIGTERM drain and stop (twice: at once), SIGUSR2 tells counters and clients in the log.`,
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
    await finish(run({ config: options.config, set: [...options.set, ...set] }, parts, io));
  });

program
  .command("check")
  .description("check a file and tell all its mistakes, without starting anything")
  .argument("<file>")
  .action((file) => finish(check(file, program.opts().set, parts, io)));
program
  .command("schema")
  .description("print the JSON Schema of the configuration, for editors")
  .action(() => finish(schema(parts, io)));
program
  .command("init")
  .description("write a commented lab.yaml to start from, never over a file")
  .argument("[file]", "where to", "lab.yaml")
  .action((file) => finish(init(file, io)));
program
  .command("roles")
  .description("list the kinds of servers there are")
  .action(() => finish(roles(parts, io)));

async function finish(status: number | Promise<number>): Promise<void> {
  const code = await status;
  // What has been written must reach a slow reader of a pipe before the process ends.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((done) => stream.end(done))),
  );
  process.exit(code);
}

program.exitOverride();
try {
  await program.parseAsync();
} catch (error) {
  const code = error instanceof Error && "exitCode" in error ? error.exitCode : undefined;
  if (code === undefined) throw error;
  process.exit(code === 0 ? exitStatus.ok : exitStatus.usage);
}
