// The commands that README and docs show: each program and each option in them exists.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import packageJson from "../../package.json";
import { commands } from "../../src/cli/commands/index.ts";
import { buildProgram } from "../../src/cli/program/run.ts";
import type { CliIo } from "../../src/cli/terminal/io.ts";
import { distsrv } from "../support/own-programs.ts";
import { output } from "../support/program.ts";

const root = join(import.meta.dir, "../..");
const docs = readdirSync(join(root, "docs")).filter((file) => file.endsWith(".md"));
const text = ["README.md", ...docs.map((file) => join("docs", file))]
  .map((file) => readFileSync(join(root, file), "utf8"))
  .join("\n");

/** Whole commands: indented lines, those that follow `&&` and `|` too, without comments. */
const lines = [...text.matchAll(/^ {4}(?:\$ )?(.+)$/gm)].flatMap(([, line = ""]) =>
  line
    .replace(/\s+#\s.*$/, "")
    .split(/ (?:&&|\|) /)
    .map((command) => command.trim().replace(/^(?:sudo|npx|bunx) /, "")),
);

/** The commands of a program, as words; what stands between quotes is one. */
const commandsOf = (program: string): string[][] =>
  lines
    .map((line) => line.match(/"[^"]*"|'[^']*'|\S+/g) ?? [])
    .filter(([first = ""]) => first.replace(/^.*\//, "") === program)
    .map(([, ...words]) => words);

const isOption = (word: string) => /^--?[a-z]/i.test(word) && word !== "--";

describe("npm", () => {
  test.each(commandsOf("npm").map((words) => [words.join(" "), words] as const))(
    "%s is a script",
    (_, words) => {
      const [verb = "", name = ""] = words;
      if (verb === "run") expect(Object.keys(packageJson.scripts)).toContain(name);
      else expect(["start", "test", "pack", "install", "exec"]).toContain(verb);
    },
  );

  test("its commands for every kind of use are found", () => {
    const verbs = new Set(commandsOf("npm").map(([verb, name]) => (verb === "run" ? name : verb)));
    for (const verb of ["start", "test", "build", "deb"]) expect([...verbs]).toContain(verb);
  });
});

describe("distsrv", async () => {
  const helpOf = (...words: string[]) => output([...distsrv, ...words, "--help"]);
  const optionsIn = (text: string) => text.match(/(?<=[\s,])--?[a-z][\w-]*/g) ?? [];
  const help = await helpOf();
  const subcommands = [...help.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name!);
  const ofStart = commandsOf("npm").flatMap(([verb, dashes, ...words]) =>
    verb === "start" && dashes === "--" ? [words] : [],
  );
  const all = [...commandsOf("distsrv"), ...ofStart];

  test("its commands are found", () => {
    expect(all.length).toBeGreaterThan(4);
  });

  test.each(all.map((words) => [words.join(" "), words] as const))(
    "%s has only options that there are",
    async (_, words) => {
      const [first = "-"] = words;
      const isSubcommand = !first.startsWith("-");
      if (isSubcommand) expect(subcommands).toContain(first);
      const known = [...optionsIn(help), ...optionsIn(isSubcommand ? await helpOf(first) : "")];
      for (const word of words.filter(isOption)) expect(known).toContain(word.split("=")[0]!);
    },
  );
});

describe("distcli", () => {
  const sink = { isTerminal: false, columns: 80, write() {} };
  const io = {
    stdin: (async function* () {})(),
    stdout: sink,
    stderr: sink,
    env: {},
    signal: new AbortController().signal,
  };
  const program: CommandUnknownOpts = buildProgram(io satisfies CliIo, { commands, version: "0" });

  /** The command that these words begin with, and the rest of them. */
  function found(words: readonly string[], from = program): [CommandUnknownOpts, readonly string[]] {
    const next = from.commands.find((command) => command.name() === words[0]);
    return next === undefined ? [from, words] : found(words.slice(1), next);
  }

  test("its commands are found", () => {
    expect(commandsOf("distcli").length).toBeGreaterThan(15);
  });

  test.each(commandsOf("distcli").map((words) => [words.join(" "), words] as const))(
    "%s is a command with such options",
    (_, words) => {
      const [command, rest] = found(words);
      expect(command).not.toBe(program);
      const end = rest.indexOf("--");
      const options = rest.slice(0, end < 0 ? undefined : end).filter(isOption);
      const known = [...command.options, ...program.options].flatMap(({ short, long }) => [short, long]);
      for (const option of options) expect(known).toContain(option.split("=")[0]!);
    },
  );
});
