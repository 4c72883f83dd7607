import { expect, onTestFinished, test } from "bun:test";
import { doctor } from "../../../src/cli/commands/doctor.ts";
import type { ExpectedService } from "../../../src/cli/program/command.ts";
import { roles } from "../../../src/roles/index.ts";
import { Authority, openssl } from "../../support/certificates.ts";
import { freePort } from "../../support/free-port.ts";
import { startLab } from "../../support/lab.ts";
import { labOperations } from "../../support/lab-operations.ts";
import { testWith } from "../../support/needs.ts";
import { startRole } from "../../support/start-role.ts";
import { echoing, fakeServer } from "../support/fake-server.ts";
import { runCli } from "../support/run-cli.ts";

/** A ZeroMQ service logs what it could not send at its stop; the test does not wait for that. */
const unsentWarning = ["warning"] as const;

const at = (role: string, port: number): ExpectedService => ({
  service: role,
  role,
  host: "127.0.0.1",
  port,
});

const runDoctor = (services: readonly ExpectedService[], ...args: string[]) =>
  runCli(doctor, ["doctor", "--config", "lab.yaml", ...args], { readServices: async () => services });

test("every role there is makes its round trip", async () => {
  const services: ExpectedService[] = [];
  for (const role of roles) {
    const { port } = await startRole(role, {}, { operations: labOperations, expectLog: unsentWarning });
    services.push(at(role.name, port));
  }
  const { exit, stdout, stderr } = await runDoctor(services, "--json");
  expect(stderr).toBe("");
  const found = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(found.map(({ service, state }) => ({ service, state }))).toEqual(
    services.map(({ service }) => ({ service, state: "ok" })),
  );
  for (const { ms } of found) expect(ms).toBeGreaterThan(0);
  expect(exit).toBe(0);
});

test("one service that is down makes the status 1, and the others are checked all the same", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const { exit, stdout, stderr } = await runDoctor([at("time", freePort()), at("echo", port)]);
  expect(stdout).toMatch(/^service +address +state +latency +round trip\n/);
  expect(stdout).toMatch(/\ntime +127\.0\.0\.1:\d+ +failed +- +connection refused\n/);
  expect(stdout).toMatch(/\necho +127\.0\.0\.1:\d+ +ok +[\d.]+ ms +halo → Echo: halo\n/);
  expect(stderr).toBe("distcli: 1 of 2 services failed: time\n");
  expect(exit).toBe(1);
});

test.each([
  "echo",
  "upcall",
  "time",
  "oneway",
  "rest",
  "soap",
  "jsonrpc",
  "zmq-rep",
  "zmq-push",
  "zmq-pub",
  "mqtt",
])("%s is not believed when its port answers something else", async (role) => {
  const { port } = fakeServer({
    data: (peer) => void peer.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nno"),
  });
  // TIME only needs a digit somewhere, so it gets none.
  const wordless = fakeServer({ data: (peer) => void peer.end("Invalid request") });
  const { exit, stdout } = await runDoctor(
    [at(role, role === "time" ? wordless.port : port)],
    "--timeout",
    "500ms",
  );
  expect(stdout).toContain("failed");
  expect(exit).toBe(1);
});

test("a ZeroMQ socket of another type is not taken for the service", async () => {
  const pub = roles.find(({ name }) => name === "zmq-pub");
  if (pub === undefined) throw new Error("there is no role zmq-pub");
  const { port } = await startRole(pub, {}, { expectLog: unsentWarning });
  const { stdout } = await runDoctor([at("zmq-rep", port)], "--timeout", "2s");
  expect(stdout).toContain("is a ZeroMQ PUB, not a REP");
});

test("a role without a check is shown and fails nothing", async () => {
  const { exit, stdout, stderr } = await runDoctor([at("novel", fakeServer({}).port)]);
  expect(stdout).toContain("no check for the role novel");
  expect(stderr).toContain("No service was asked");
  expect(exit).toBe(0);
});

test("a given host holds for every service; without one, all addresses become this machine's", async () => {
  const { port } = fakeServer(echoing(""));
  const service = { ...at("echo", port), host: "0.0.0.0" };
  expect((await runDoctor([service])).stdout).toContain(`127.0.0.1:${port}`);
  const named = await runCli(doctor, ["doctor", "localhost", "-c", "lab.yaml"], {
    readServices: async () => [service],
  });
  expect(named.stdout).toContain(`localhost:${port}`);
  expect(named.exit).toBe(0);
});

test("the announced length of a ZeroMQ frame is not trusted", async () => {
  const greeting = Buffer.alloc(64);
  greeting.set([0xff], 0);
  greeting.set([0x7f, 3], 9);
  const huge = Buffer.from([0x06, 0, 0, 0x7f, 0, 0, 0, 0, 0]); // a long command frame
  const { port } = fakeServer({ open: (peer) => void peer.write(Buffer.concat([greeting, huge])) });
  const { exit, stdout } = await runDoctor([at("zmq-rep", port)], "--timeout", "2s");
  expect(stdout).toContain(`127.0.0.1:${port} announces a ZeroMQ frame of 139637976727552 bytes`);
  expect(exit).toBe(1);
});

test("an HTTP response without end is given up", async () => {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () =>
      new Response(new ReadableStream({ pull: (sink) => sink.enqueue(new Uint8Array(65_536).fill(0x20)) })),
  });
  onTestFinished(() => server.stop(true));
  const { exit, stdout } = await runDoctor([at("rest", server.port ?? 0)]);
  expect(stdout).toContain("answers more than 4194304 bytes");
  expect(exit).toBe(1);
});

test("without a file the admin service is asked what runs, and on which ports", async () => {
  const lab = await startLab(
    "admin: { port: 0 }\nservices:\n  echo: { port: 0 }\n  gema: { role: echo, port: 0, host: 127.0.0.9 }\n  time: { port: 0, threads: 0 }\n",
    { cleanUp: onTestFinished },
  );
  const stop = await fetch(`http://127.0.0.1:${lab.adminPort}/api/services/time/stop`, { method: "POST" });
  expect(stop.status).toBe(200);
  const { exit, stdout } = await runCli(doctor, ["doctor", "--admin-port", `${lab.adminPort}`, "--json"]);
  const found = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(found).toMatchObject([
    { service: "echo", port: lab.port("echo"), state: "ok" },
    { service: "gema", host: "127.0.0.9", port: lab.port("gema"), role: "echo", state: "ok" },
    { service: "time", state: "skipped", why: "stopped by hand" },
  ]);
  expect(exit).toBe(0);
});

test("where no admin service answers, the whole lab is checked on its usual ports", async () => {
  // Nobody listens on this address unless asked to.
  const { stdout, stderr } = await runCli(doctor, ["doctor", "127.0.0.77"]);
  expect(stderr).toContain(
    "No list from an admin service (127.0.0.77:8088: connection refused); checking the whole lab\n",
  );
  expect(stdout).toMatch(/file-echo +127\.0\.0\.77:32444 /);
});

test("who names the admin service's port is told when it does not answer there", async () => {
  const port = freePort();
  const { exit, stdout, stderr } = await runCli(doctor, ["doctor", "127.0.0.77", "--admin-port", `${port}`]);
  expect(stderr).toContain(`Cannot connect to 127.0.0.77:${port}: connection refused.`);
  expect([exit, stdout]).toEqual([1, ""]);
});

test("the table is no wider than COLUMNS says, and a reason in it comes without advice", async () => {
  const { port } = fakeServer(echoing("Hai: ".repeat(10)));
  const services = [at("echo", port), at("time", freePort())];
  const { stdout } = await runCli(doctor, ["doctor", "--config", "lab.yaml"], {
    readServices: async () => services,
    env: { COLUMNS: "70" },
  });
  for (const line of stdout.split("\n")) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(70);
  expect(stdout).toMatch(/halo → Hai: .*…\n/);
  expect(stdout).toMatch(/failed +- +connection refused\n/);
});

testWith(openssl)(
  "services that want TLS, a user and a password are checked with what the command line gives",
  async () => {
    const authority = new Authority();
    const { cert, key } = authority.issue();
    const tls = `tls: { cert: ${cert}, key: ${key} }`;
    const token = "0123456789abcdef";
    const lab = await startLab(
      `admin: { port: 0, token: ${token}, ${tls} }\nservices:\n  echo: { port: 0, ${tls} }\n` +
        `  rest: { port: 0, ${tls} }\n  mqtt: { port: 0, ${tls}, users: [{ name: ani, password: rahasia }] }\n  time: { port: 0, threads: 0 }\n`,
      { cleanUp: onTestFinished },
    );
    const own = [
      "doctor",
      "localhost",
      "--admin-port",
      `${lab.adminPort}`,
      "--token",
      token,
      "--json",
      "--tls",
    ];
    const states = async (...args: string[]) => {
      const { exit, stdout } = await runCli(doctor, [...own, ...args]);
      const lines = stdout.trim().split("\n");
      const found = lines.map((line) => JSON.parse(line) as { service: string; state: string });
      return [exit, Object.fromEntries(found.map(({ service, state }) => [service, state]))];
    };
    const ca = ["--cafile", authority.cert];
    expect(await states(...ca, "-u", "ani", "-P", "rahasia")).toEqual([
      0,
      { echo: "ok", rest: "ok", mqtt: "ok", time: "ok" },
    ]);
    expect(await states("--insecure", "-u", "ani", "-P", "wrong")).toEqual([
      1,
      { echo: "ok", rest: "ok", mqtt: "failed", time: "ok" },
    ]);
    const untrusted = await runCli(doctor, own);
    expect([untrusted.exit, untrusted.stdout]).toEqual([1, ""]);
    const { exit, stderr } = await runCli(doctor, [...own, ...ca, "-P", "rahasia"]);
    expect([exit, stderr]).toEqual([
      2,
      expect.stringContaining("--password needs --username NAME beside it"),
    ]);
  },
);
