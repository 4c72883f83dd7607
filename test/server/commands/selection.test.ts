import { describe, expect, onTestFinished, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { roles } from "../../../src/roles/index.ts";
import { needs, testWith } from "../../support/needs.ts";
import { Program, run } from "../../support/program.ts";
import { fakeRegistry, fakeRole, load, reportOf } from "../../support/registry.ts";
import { scratchFolder } from "../../support/scratch.ts";

const yaml = "services: { echo: { port: 2222 }, upcall: { port: 4141 }, time: { port: 45000 } }";
const fakes = fakeRegistry(fakeRole("echo"), fakeRole("upcall"), fakeRole("time"));
const real = fakeRegistry(...roles);
const namesOf = (options: Parameters<typeof load>[2]) =>
  load(yaml, fakes, options).services.map(({ name }) => name);
const portsOf = (source: string, options: Parameters<typeof load>[2]) =>
  Object.fromEntries(
    load(source, real, options).services.map(({ name, config }) => [name, (config as { port: number }).port]),
  );

describe("which services run", () => {
  test("is all of them, those of --only, or those that --without leaves, in the order of the file", () => {
    expect(namesOf({})).toEqual(["echo", "upcall", "time"]);
    expect(namesOf({ only: ["time", "echo"] })).toEqual(["echo", "time"]);
    expect(namesOf({ without: ["upcall"] })).toEqual(["echo", "time"]);
    expect(namesOf({ only: ["time", "echo"], without: ["echo"] })).toEqual(["time"]);
  });

  test("a name that is unknown is an error with the likely name and all names", () => {
    expect(reportOf(yaml, fakes, { only: ["tme", "echo"] })).toBe(
      'lab.yaml  --only tme: there is no service "tme". Did you mean "time"? There are echo, upcall, time',
    );
    expect(reportOf(yaml, fakes, { without: ["database"] })).toBe(
      'lab.yaml  --without database: there is no service "database". There are echo, upcall, time',
    );
  });

  test("leaving none is an error", () => {
    expect(reportOf(yaml, fakes, { only: ["echo"], without: ["echo"] })).toBe(
      "lab.yaml  --without leaves no service. There are echo, upcall, time",
    );
  });

  test("mistakes of services that do not run are reported, but their ports are theirs no more", () => {
    const both = "services: { echo: { port: 2222 }, upcall: { port: 2222 } }";
    expect(reportOf(both, fakes)).toContain("TCP port 2222 is taken by services.echo");
    expect(load(both, fakes, { without: ["echo"] }).services).toHaveLength(1);
    expect(reportOf("services: { echo: { prot: 1 }, upcall: }", fakes, { without: ["echo"] })).toContain(
      "services.echo.prot",
    );
  });
});

describe("a port offset", () => {
  test("moves every port: services, further listeners, endpoints, the admin service; 0 stays 0", () => {
    const source = `
admin: { port: 8088 }
services:
  mqtt: { listeners: [{ transport: ws, port: 8083 }, { port: 0 }] }
  echo:
  udp:
  rest: { port: 0 }
  zmq-rep: { bind: ["tcp://0.0.0.0:5555", "ipc:///tmp/x", "tcp://127.0.0.1:*"], connect: ["tcp://10.0.0.1:7"] }
`;
    const plan = load(source, real, { portOffset: 1000 });
    expect(plan.settings.admin).toMatchObject({ port: 9088 });
    const config = (name: string) => plan.services.find((service) => service.name === name)?.config;
    expect(config("mqtt")).toMatchObject({ port: 2883, listeners: [{ port: 9083 }, { port: 0 }] });
    expect(config("echo")).toMatchObject({ port: 3222 });
    expect(config("udp")).toMatchObject({ port: 13_345 });
    expect(config("rest")).toMatchObject({ port: 0 });
    expect(config("zmq-rep")).toMatchObject({
      bind: ["tcp://0.0.0.0:6555", "ipc:///tmp/x", "tcp://127.0.0.1:*"],
      connect: ["tcp://10.0.0.1:7"],
    });
  });

  test("leaves a port that --set names, so that the advice of an error works", () => {
    const overrides = ["services.echo.port=2300"];
    expect(portsOf("services: { echo:, upcall: }", { portOffset: 1000, overrides })).toEqual({
      echo: 2300,
      upcall: 5141,
    });
  });

  test("that leads past the last port is an error at the port, with the most that fits", () => {
    const source = "services:\n  time: { port: 45000 }\n  zmq-rep: { bind: ['tcp://0.0.0.0:60000'] }\n";
    const report = reportOf(source, real, { portOffset: 30_000 });
    expect(report).toContain(
      "lab.yaml:2:17  services.time.port: with --port-offset 30000 it is 75000, and the highest port is 65535; an offset up to 20535 fits",
    );
    expect(report).toContain(
      "services.zmq-rep: with --port-offset 30000 the port of tcp://0.0.0.0:60000 is 90000, and the highest port is 65535",
    );
  });
});

const entry = fileURLToPath(new URL("../../../src/distsrv.ts", import.meta.url));
const env = { npm_config_user_agent: "npm/11.0.0 node/v20.0.0" };
const distsrv = (...words: readonly string[]) => run([process.execPath, entry, ...words], { env });

/** A port that is in use until the test ends. */
function takenPort(): number {
  const occupant = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  onTestFinished(() => occupant.stop(true));
  return occupant.port;
}

/** The lab inside the program, with these ports; its others are free ones. */
const builtIn = (ports: Readonly<Record<string, number>>) => [
  ...["--only", ...Object.keys(ports)],
  ...Object.entries(ports).flatMap(([name, port]) => ["--set", `services.${name}.port=${port}`]),
  ...["--set", "admin.port=0"],
];

describe("the command line", () => {
  test("check knows which services run and how far their ports are moved, and needs no file", async () => {
    const { status, stdout } = await distsrv("--only", "echo,time", "--port-offset", "1000", "check");
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout:
        "lab.yaml (built in) is fine: 2 services (echo, time), 5 operations; every port is 1000 higher\n",
    });
    const wrong = await distsrv("check", "--without", "ecko");
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('there is no service "ecko". Did you mean "echo"?');
  });

  test("an offset must be a whole number", async () => {
    for (const text of ["-1", "x", "70000", "1.5"]) {
      const { status, stderr } = await distsrv("--port-offset", text, "check");
      expect({ text, status }).toEqual({ text, status: 2 });
      expect(stderr).toContain("whole number from 0 to 65534, such as 1000");
    }
  });

  test("a busy port of the lab inside the program is explained, with how to go on without it", async () => {
    const port = takenPort();
    const { status, stdout, stderr } = await distsrv(...builtIn({ echo: port, upcall: 0 }));
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    const [busy, advice] = stderr.split("\n");
    expect(busy).toStartWith(`Cannot start "echo" on TCP 127.0.0.1:${port}: the port is in use`);
    expect(advice).toBe(
      'To run the other service without echo, add --skip-busy; "npx distsrv --port-offset 1000" runs all of it on other ports',
    );
  });

  test("--skip-busy runs the other services, also of a file, and says which do not run", async () => {
    const folder = scratchFolder("skip");
    const file = join(folder, "lab.yaml");
    const [port, adminPort] = [takenPort(), takenPort()];
    writeFileSync(
      file,
      `admin: { port: ${adminPort} }\nservices: { echo: { port: ${port} }, upcall: { port: 0 } }\n`,
    );
    const ofFile = ["--config", file];
    for (const words of [builtIn({ echo: port, upcall: 0 }), ofFile]) {
      const program = new Program([process.execPath, entry, ...words, "--skip-busy"], { input: "", env });
      onTestFinished(() => program.kill());
      await program.prints("logs counters and clients");
      program.signal("SIGTERM");
      expect((await program.outcome()).status).toBe(0);
      expect(program.stderr).toContain(`Cannot start "echo" on TCP 127.0.0.1:${port}`);
      expect(program.stdout).toContain("Runs without echo: their ports are in use");
      expect(program.stdout).toContain('"message":"Listening"');
      expect(program.stdout).toContain('"name":"upcall"');
      expect(program.stdout).not.toContain('"name":"echo"');
      expect(program.stdout.includes("Dashboard")).toBe(words !== ofFile);
    }
    const without = await distsrv("--config", file);
    expect(without).toMatchObject({ status: 1, stdout: "" });
    expect(without.stderr).not.toContain("--skip-busy,");
  });

  const testTerminal = testWith(needs.script);

  const question = "Run the other service without echo? [Y/n]";

  /** Resolves at the question. `exec`, because a shell between would get Ctrl-C as well. */
  async function asked(): Promise<Program> {
    const words = builtIn({ echo: takenPort(), upcall: 0 });
    const command = ["exec", process.execPath, entry, ...words].join(" ");
    const program = new Program(["script", "-qec", command, "/dev/null"], { env });
    onTestFinished(() => program.kill());
    await program.prints(question);
    return program;
  }

  testTerminal("on a terminal it asks, and Enter is yes", async () => {
    const program = await asked();
    program.say("");
    await program.prints("Ctrl-C stops.");
    program.say("\x03");
    expect((await program.outcome()).status).toBe(0);
    expect(program.stdout).toContain("Stopped");
  });

  for (const [name, answer] of [
    ["n", "n"],
    ["Ctrl-C", "\x03"],
  ] as const)
    testTerminal(`on a terminal it asks, and ${name} is no`, async () => {
      const program = await asked();
      program.say(answer);
      expect((await program.outcome()).status).toBe(1);
      expect(program.stdout).not.toContain("SERVICE");
    });

  test("when no service is left, --skip-busy starts nothing", async () => {
    const { status, stderr } = await distsrv(...builtIn({ echo: takenPort() }), "--skip-busy");
    expect(status).toBe(1);
    expect(stderr).toContain('No service is left without echo; "npx distsrv --port-offset 1000"');
  });
});
