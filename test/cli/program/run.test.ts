import { describe, expect, test } from "bun:test";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { commands } from "../../../src/cli/commands/index.ts";
import { baseCommand, type CliCommand, peerCommand } from "../../../src/cli/program/command.ts";
import { OutputError, PeerError } from "../../../src/cli/program/errors.ts";
import { runCli, startCli } from "../support/run-cli.ts";

const words = { summary: "For the test", examples: ["distcli probe 10.0.0.1"] };

const probe =
  (work: () => Promise<void>): CliCommand =>
  (cli) =>
    peerCommand({ name: "probe", port: 7, ...words }).action((_host, options) => cli.run(options, work));

const failing = probe(async () => {
  throw new PeerError("broken", "It broke", { cause: new Error("a cable") });
});

test("without a command the help is shown and the status is 2", async () => {
  const { exit, stdout, stderr } = await runCli(commands, []);
  expect(stdout).toBe("");
  expect(stderr).toContain("Usage: distcli");
  expect(exit).toBe(2);
});

test("--help and --version are results, and status 0", async () => {
  const help = await runCli(commands, ["--help"]);
  expect(help.stdout).toContain("Usage: distcli");
  expect(help.exit).toBe(0);
  const version = await runCli(commands, ["--version"]);
  expect({ exit: version.exit, stdout: version.stdout }).toEqual({ exit: 0, stdout: "0.0.0-test\n" });
});

/** The whole names of a command, or of those below it: `expect zmq sub`. */
function pathsOf(command: CommandUnknownOpts): string[][] {
  if (command.commands.length === 0) return [[command.name()]];
  return command.commands.flatMap(pathsOf).map((path) => [command.name(), ...path]);
}

const names = commands
  .map((build) => build({ io: neverUsed(), invoke: async () => 0, run: async () => {} }))
  .flatMap((command) => pathsOf(command));

test.each(names.map((path) => [path.join(" "), path] as const))(
  "%s explains itself with examples",
  async (_, path) => {
    const { exit, stdout } = await runCli(commands, [...path, "--help"]);
    expect(stdout).toContain(`Usage: distcli ${path.join(" ")}`);
    expect(stdout).toContain("\nExamples:\n  ");
    expect(stdout).toContain(`distcli ${path.join(" ")}`);
    for (const option of ["--timeout", "--json", "--quiet", "--log"]) expect(stdout).toContain(option);
    expect(exit).toBe(0);
  },
);

test("an unknown command is a mistake with a suggestion", async () => {
  const { exit, stderr } = await runCli(commands, ["tme"]);
  expect(stderr).toContain("unknown command 'tme'");
  expect(stderr).toContain("Did you mean time?");
  expect(exit).toBe(2);
});

test.each([
  [["probe", "--port", "70000"], "A port is a number from 1 to 65535"],
  [["probe", "--timeout", "soon"], "A duration is written 500ms, 3s, 10m or 1h"],
  [["probe", "--timeout", "0"], "longer than nothing"],
  [["probe", "10.0.0.1:45000"], "The port has its own place: 10.0.0.1 --port 45000"],
  [["probe", ""], "A host is a name or an address"],
  [["probe", "a", "b"], "too many arguments"],
  [["probe", "--log", "/nowhere/at/all"], "Cannot append to --log /nowhere/at/all"],
])("%j is a mistake of the command line", async (args, message) => {
  const { exit, stderr, stdout } = await runCli(
    probe(async () => {}),
    args,
  );
  expect(stderr).toContain(message);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
});

test("an IPv6 address may stand in brackets", async () => {
  let seen = "";
  const command: CliCommand = (cli) =>
    peerCommand({ name: "probe", port: 7, ...words }).action((host, options) =>
      cli.run(options, async () => {
        seen = host;
      }),
    );
  await runCli(command, ["probe", "[::1]"]);
  expect(seen).toBe("::1");
});

test("a failure is printed to stderr with its causes, and its status is the error's", async () => {
  const { exit, stderr } = await runCli(failing, ["probe"]);
  expect(stderr).toBe("distcli: It broke: a cable\n");
  expect(exit).toBe(1);
});

test("--json prints a failure as one object", async () => {
  const { exit, stderr, stdout } = await runCli(failing, ["probe", "--json"]);
  expect(JSON.parse(stderr)).toEqual({ error: { code: "broken", message: "It broke: a cable", exit: 1 } });
  expect({ exit, stdout }).toEqual({ exit: 1, stdout: "" });
});

test("--json prints a mistake of the command line as one object", async () => {
  const { exit, stderr } = await runCli(failing, ["probe", "--json", "--nonsense"]);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: "usage", exit: 2 } });
  expect(exit).toBe(2);
});

describe("Ctrl-C", () => {
  /** A command that works until Ctrl-C, and then ends with this error, or with that of its signal. */
  async function interrupted(endsByInterrupt: boolean, error?: Error, args: readonly string[] = []) {
    const begun = Promise.withResolvers<void>();
    const command: CliCommand = (cli) =>
      baseCommand({ name: "probe", ...words }).action((options) =>
        cli.run(options, async (context) => {
          if (endsByInterrupt) context.endByInterrupt();
          begun.resolve();
          await context
            .within("silence", () => new Promise(() => {}), 0)
            .catch((reason: unknown) => {
              throw error ?? reason;
            });
        }),
      );
    const cli = startCli(command, ["probe", ...args]);
    await begun.promise;
    cli.interrupt();
    return { exit: await cli.exit, stderr: cli.stderr };
  }

  test("is status 130 for a command that has another end, and says nothing", async () => {
    expect(await interrupted(false)).toEqual({ exit: 130, stderr: "" });
    const { exit, stderr } = await interrupted(false, undefined, ["--json"]);
    expect([exit, JSON.parse(stderr)]).toMatchObject([130, { error: { code: "interrupted" } }]);
  });

  test("is status 0 for a command that it ends in order, and says nothing with --json, either", async () => {
    expect(await interrupted(true)).toEqual({ exit: 0, stderr: "" });
    expect(await interrupted(true, undefined, ["--json"])).toEqual({ exit: 0, stderr: "" });
  });

  test("leaves no failure of another kind at status 0", async () => {
    expect(await interrupted(true, new PeerError("broken", "It broke"))).toEqual({ exit: 130, stderr: "" });
  });

  test("hides no output that could not be written", async () => {
    const full = new OutputError("Cannot write to lab.pcapng: the disk is full");
    for (const endsByInterrupt of [true, false])
      expect(await interrupted(endsByInterrupt, full)).toEqual({
        exit: 1,
        stderr: "distcli: Cannot write to lab.pcapng: the disk is full\n",
      });
  });
});

test("results go to stdout, notes to stderr, and --quiet leaves the results", async () => {
  const command: CliCommand = (cli) =>
    baseCommand({ name: "probe", ...words }).action((options) =>
      cli.run(options, async (context) => {
        context.note("beside it");
        context.result("the result", { big: 2n ** 70n });
      }),
    );
  const plain = await runCli(command, ["probe"]);
  expect(plain).toMatchObject({ stdout: "the result\n", stderr: "beside it\n" });
  const quiet = await runCli(command, ["probe", "--quiet"]);
  expect(quiet).toMatchObject({ stdout: "the result\n", stderr: "" });
  const json = await runCli(command, ["probe", "--json"]);
  expect(json).toMatchObject({ stdout: '{"big":1180591620717411303424}\n', stderr: "" });
});

test("errors are red on a terminal, unless NO_COLOR is set", async () => {
  const coloured = await runCli(failing, ["probe"], { terminal: true });
  expect(coloured.stderr).toStartWith("\x1b[31mdistcli:\x1b[39m It broke");
  const plain = await runCli(failing, ["probe"], { terminal: true, env: { NO_COLOR: "1" } });
  expect(plain.stderr).toStartWith("distcli: It broke");
});

function neverUsed(): never {
  // Building a command touches no stream.
  return new Proxy(Object.create(null), {
    get: (_, name) => {
      throw new Error(`a command touched io.${String(name)} while it was built`);
    },
  }) as never;
}

test("a mistake points to the help of the command it was made with", async () => {
  const { exit, stderr } = await runCli(commands, ["mqtt", "sub", "--topik", "a"]);
  expect(stderr).toEndWith("\nSee distcli mqtt sub --help.\n");
  expect(exit).toBe(2);
});
