import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { commands } from "../../src/cli/commands/index.ts";
import { tokenVariables } from "../../src/core/token-file.ts";
import { composeText, parseCompose } from "../support/compose.ts";
import { dockerfile, exposed, stagesOf, textsOf } from "../support/dockerfile.ts";

const readme = readFileSync(fileURLToPath(new URL("../../README.md", import.meta.url)), "utf8");
const { services } = parseCompose(composeText);
const stages = stagesOf(dockerfile);
const image = stages.at(-1)!;
const targets = stages.flatMap(({ name }) => (name === undefined ? [] : [name]));

/** What a container has besides the image's own folders. */
const mountable = ["/etc/distsrv/lab.yaml", "/var/lib/distsrv"];
/** What the image's programs read from the environment. */
const variables = [...Object.values(tokenVariables), "DISTSRV_TOKEN", "TZ"];
/** Programs that compose exec may start: ours, and those of the debug image. */
const tools = ["bash", "tcpdump", "ip", "ps"];

/** A command of docker as the text has it, without its comment: `["compose", "up", "--build"]`. */
type Words = readonly string[];

/** Every command of docker in blocks and between backticks, of a Markdown text or a comment. */
function dockerLines(text: string): Words[] {
  const commands = text.match(/\bdocker (?:build|run|compose)\b[^`\n]*/g) ?? [];
  return commands.map((command) =>
    command
      .replace(/\s{2,}.*$|\s+#.*$/, "")
      .trim()
      .split(/\s+/)
      .slice(1),
  );
}

/** What is wrong with a command, one line each. */
function mistakesIn([verb, ...rest]: Words): string[] {
  if (verb === "build") return inBuild(rest);
  if (verb === "run") return inRun(rest);
  return inCompose(rest);
}

function inBuild(args: Words): string[] {
  const options = { tag: { type: "string", short: "t" }, target: { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  return [
    ...(values.target === undefined || targets.includes(values.target) ? [] : [`no target ${values.target}`]),
    ...unknownImage(values.tag),
    ...(positionals.join(" ") === "." ? [] : [`builds ${positionals}, and not .`]),
  ];
}

function inRun(args: Words): string[] {
  const several = { type: "string", multiple: true, default: [] as string[] } as const;
  const options = {
    rm: { type: "boolean" },
    publish: { ...several, short: "p" },
    volume: { ...several, short: "v" },
    env: { ...several, short: "e" },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const ports = values.publish.map((text) => text.split(":").at(-1) ?? "");
  const mounts = values.volume.map((text) => text.split(":")[1] ?? "");
  return [
    ...ports
      .filter((port) => !exposed(image).includes(port.includes("/") ? port : `${port}/tcp`))
      .map((port) => `exposes no ${port}`),
    ...mounts.filter((path) => !mountable.includes(path)).map((path) => `has no ${path} to mount`),
    ...values.env
      .filter((name) => !variables.includes(name.split("=")[0] ?? ""))
      .map((name) => `reads no ${name}`),
    ...unknownImage(positionals[0]),
  ];
}

function inCompose([verb, ...rest]: Words): string[] {
  const [service, ...command] = rest.filter((word) => !word.startsWith("-"));
  const unknown = service === undefined || service in services ? [] : [`no service ${service}`];
  if (verb === "up" || verb === "logs") return command.length > 0 ? [`${verb} of ${command}`] : unknown;
  if (verb !== "exec") return [`no check of compose ${verb}`];
  return [...unknown, ...unknownProgram(service ?? "", command)];
}

/** distcli is everywhere; a shell and other tools are in the debug image only. */
function unknownProgram(service: string, [program = "", subcommand = ""]: Words): string[] {
  if (program === "distcli") {
    // Each command is a function of its own name.
    return commands.some(({ name }) => name === subcommand) ? [] : [`no distcli ${subcommand}`];
  }
  const isDebug = services[service]?.build.target === "debug";
  return isDebug && tools.includes(program) ? [] : [`${service} has no ${program}`];
}

function unknownImage(tag: string | undefined): string[] {
  const known = Object.values(services).map(({ image }) => image);
  return tag !== undefined && known.includes(tag) ? [] : [`compose.yaml builds no image ${tag}`];
}

describe("every docker command", () => {
  const lines = [...dockerLines(readme), ...dockerLines(composeText), ...dockerLines(dockerfile)].map(
    (words) => [words.join(" "), words] as const,
  );

  test("of the README is found", () => {
    const found = dockerLines(readme).map(([verb, next]) => (verb === "compose" ? `compose ${next}` : verb));
    expect(new Set(found)).toEqual(new Set(["build", "run", "compose up", "compose exec", "compose logs"]));
  });

  test.each(lines)("docker %s does what it says with these files", (_, words) => {
    expect(mistakesIn(words)).toEqual([]);
  });

  test.each([
    ["docker build -t distsrv --target debugg .", "no target debugg"],
    ["docker build -t distserv .", "compose.yaml builds no image distserv"],
    ["docker run -p 8089:8089 distsrv", "exposes no 8089"],
    ["docker run -p 12346:12346/udp distsrv", "exposes no 12346/udp"],
    ["docker run -v ./lab.yaml:/etc/lab.yaml:ro distsrv", "has no /etc/lab.yaml to mount"],
    ["docker run -e DISTSRV_ADMINTOKEN distsrv", "reads no DISTSRV_ADMINTOKEN"],
    ["docker compose up mesin-4", "no service mesin-4"],
    ["docker compose exec mesin-1 bash", "mesin-1 has no bash"],
    ["docker compose exec mesin-2 distcli tyme", "no distcli tyme"],
  ])("%s would be found to be wrong", (line, mistake) => {
    expect(dockerLines(line).map(mistakesIn)).toEqual([[mistake]]);
  });

  test("names in the README are in the files", () => {
    for (const [, name = ""] of readme.matchAll(/`(br-[\w-]+)`/g)) expect(composeText).toContain(name);
    const debug = stages.find(({ name }) => name === "debug");
    const installed = textsOf(debug!, "RUN").join(" ");
    for (const tool of ["tcpdump", "iproute2", "procps"]) expect(installed).toContain(tool);
  });
});
