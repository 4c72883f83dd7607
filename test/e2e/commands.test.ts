import { expect } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { roles } from "../../src/roles/index.ts";
import { copyBinaries, haveBinaries, testBinaries } from "../support/binaries.ts";
import { needs, testWith } from "../support/needs.ts";
import { run } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";

const files = haveBinaries ? copyBinaries() : { folder: "", scratch: "", distsrv: "", distcli: "" };
const distsrv = (...words: string[]) =>
  run([files.distsrv, ...words], { cwd: files.scratch, cleanEnvironment: true });

const fiveMistakes = `host: 127.0.0.1
services:
  tme:
  echo: { port: 70000 }
  upcall: { idleTimout: 5s }
  mqtt: { publish: [{ topic: "a/#", message: x }] }
  rest: { prot: 5151 }
`;

testBinaries(
  "check reports five mistakes at once, each with its position and what would be right, status 2",
  async () => {
    writeFileSync(join(files.scratch, "lab.yaml"), fiveMistakes);
    const { status, stdout, stderr } = await distsrv("check", "lab.yaml");
    expect(status).toBe(2);
    expect(stdout).toBe("");
    const mistakes = stderr.split("\n").filter((line) => line.startsWith("lab.yaml:"));
    expect(mistakes.map((line) => /^lab\.yaml:\d+:\d+ {2}\S+:/.exec(line)?.[0])).toEqual([
      "lab.yaml:3:3  services.tme:",
      "lab.yaml:4:17  services.echo.port:",
      "lab.yaml:5:13  services.upcall.idleTimout:",
      "lab.yaml:6:30  services.mqtt.publish.0.topic:",
      "lab.yaml:7:11  services.rest.prot:",
    ]);
    expect(stderr).toContain('Did you mean "time"?');
    expect(stderr).toContain('Did you mean "idleTimeout"?');
    expect(stderr).toContain("  echo: { port: 70000 }");
  },
);

testBinaries("a missing environment variable does not hide other mistakes", async () => {
  const yaml = `services:
  echo: { port: "\${NOWHERE}" }
  tme:
`;
  writeFileSync(join(files.scratch, "two.yaml"), yaml);
  const { status, stderr } = await distsrv("check", "two.yaml");
  expect(status).toBe(2);
  expect(stderr).toContain("two.yaml:2:17  services.echo.port: the environment has no NOWHERE");
  expect(stderr).toContain("two.yaml:3:3  services.tme:");
});

testBinaries("running the same file reports the same mistakes, and starts nothing", async () => {
  const [checked, started] = await Promise.all([
    distsrv("check", "lab.yaml"),
    distsrv("--config", "lab.yaml"),
  ]);
  expect(started).toEqual(checked);
});

testBinaries("check accepts a file that --set and the environment correct", async () => {
  const yaml = `services:
  echo: { port: "\${ECHO_PORT:-2222}" }
  time: { port: nowhere }
`;
  writeFileSync(join(files.scratch, "env.yaml"), yaml);
  const { status, stdout } = await distsrv("--set", "services.time.port=4500", "check", "env.yaml");
  expect(stdout).toContain("env.yaml is fine: 2 services (echo, time)");
  expect(status).toBe(0);
});

testBinaries("a missing file is named in the error, status 2", async () => {
  const { status, stderr } = await distsrv("--config", "nowhere.yaml");
  expect(status).toBe(2);
  expect(stderr).toContain("nowhere.yaml");
});

testBinaries("init writes a file that check accepts, and never overwrites one", async () => {
  expect(await distsrv("init", "mine.yaml")).toMatchObject({ status: 0 });
  const path = join(files.scratch, "mine.yaml");
  expect(await distsrv("check", "mine.yaml")).toMatchObject({ status: 0 });
  writeFileSync(path, "mine\n");
  const { status, stderr } = await distsrv("init", "mine.yaml");
  expect(status).toBe(1);
  expect(stderr).toContain("mine.yaml");
  expect(readFileSync(path, "utf8")).toBe("mine\n");
});

testBinaries("schema prints JSON that names every role", async () => {
  const { status, stdout } = await distsrv("schema");
  expect(status).toBe(0);
  const { properties } = JSON.parse(stdout);
  expect(Object.keys(properties.services.properties).sort()).toEqual(roles.map(({ name }) => name).sort());
  writeFileSync(join(files.scratch, "distsrv.schema.json"), stdout);
});

const testSchema = haveBinaries ? testWith(needs.jsonschema, needs.pyyaml) : testBinaries;

testSchema(
  "an independent validator finds the schema valid, accepts the lab and rejects mistakes",
  async () => {
    const schema = join(files.scratch, "distsrv.schema.json");
    if (!existsSync(schema)) writeFileSync(schema, (await distsrv("schema")).stdout);
    const good = await distsrv("init", "good.yaml");
    expect(good.status).toBe(0);
    const bad = join(files.scratch, "bad.yaml");
    writeFileSync(bad, "services: { echo: { port: 70000 }, upcall: { idleTimout: 5s }, x: { role: tme } }\n");
    const outcome = await run(pythonClient("validate", schema, join(files.scratch, "good.yaml"), bad));
    expect(outcome).toMatchObject({
      status: 0,
      stdout: "good.yaml: 0 mistakes\nbad.yaml: 3 mistakes at services/echo, services/upcall, services/x\n",
    });
  },
);

testBinaries("--version prints the version of both binaries", async () => {
  expect(await distsrv("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
  const client = await run([files.distcli, "--version"], { cwd: files.scratch, cleanEnvironment: true });
  expect(client).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
});

testBinaries("roles lists every role with its summary", async () => {
  const { status, stdout } = await distsrv("roles");
  expect(status).toBe(0);
  for (const { name, summary } of roles)
    expect(stdout).toMatch(new RegExp(`^${name} +${RegExp.escape(summary)}$`, "m"));
});

testBinaries("--help prints the help, and an unknown option is a usage error, status 2", async () => {
  const help = await distsrv("--help");
  expect(help.status).toBe(0);
  expect(help.stdout).toContain("--config");
  const unknown = await distsrv("--cofnig", "x");
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toContain("--cofnig");
});
