import { describe, expect, onTestFinished, test } from "bun:test";
import { status } from "../../../src/cli/commands/status.ts";
import { Authority, openssl } from "../../support/certificates.ts";
import { startLab } from "../../support/lab.ts";
import { testWith } from "../../support/needs.ts";
import { runCli } from "../support/run-cli.ts";

const token = "0123456789abcdef-token";

const lab = await startLab(`
admin: { port: 0, token: ${token} }
services:
  echo: { port: 0 }
  time: { port: 0, threads: 2 }
`);
const port = String(lab.adminPort);
const ask = (args: readonly string[], env: Record<string, string> = { DISTSRV_TOKEN: token }) =>
  runCli(status, ["status", "-p", port, ...args], { env });

describe("distcli status", () => {
  test("shows the services of a running distsrv", async () => {
    const { exit, stdout, stderr } = await ask([]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^SERVICE +ROLE +STATE +ADDRESS +CLIENTS +UPTIME +RESTARTS\n/);
    expect(stdout).toMatch(new RegExp(`echo +echo +running +127.0.0.1:${lab.port("echo")}/tcp +0 `));
    expect(stderr).toBe("All 2 services run. You are token here, with the role admin\n");
  });

  test("with --json prints an object per service", async () => {
    const { exit, stdout } = await ask(["--json"]);
    expect(exit).toBe(0);
    const services = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(services).toMatchObject([
      { name: "echo", state: "running", addresses: [`127.0.0.1:${lab.port("echo")}`] },
      { name: "time", state: "running", clients: 0 },
    ]);
  });

  test("ends with 1 when a service does not run, and names it", async () => {
    const control = (command: string) =>
      fetch(`http://127.0.0.1:${port}/api/services/echo/${command}`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await control("stop")).status).toBe(200);
    const { exit, stdout, stderr } = await ask([]);
    expect(exit).toBe(1);
    expect(stdout).toMatch(/echo +echo +stopped +- /);
    expect(stderr).toBe("distcli: 1 of 2 services do not run: echo (stopped)\n");
    expect((await control("start")).status).toBe(200);
    expect((await ask(["--quiet"])).exit).toBe(0);
  });

  test("a service's name in place of the host is answered with a line that would do", async () => {
    const { exit, stderr } = await runCli(status, ["status", "mqtt.invalid"]);
    expect(exit).toBe(1);
    expect(stderr).toContain("as in: distcli status 127.0.0.1");
  });

  test("takes the token from the command line, and says so when it is missing or wrong", async () => {
    expect((await ask(["--token", token], {})).exit).toBe(0);
    const without = await ask([], {});
    expect(without.exit).toBe(1);
    expect(without.stderr).toContain("answers 401");
    expect(without.stderr).toContain("from --token, from DISTSRV_TOKEN, or from the file");
    expect((await ask(["--token", "wrong"])).stderr).not.toContain(token);
  });

  test("a port that is no admin service is reported as such", async () => {
    const { exit, stderr } = await runCli(status, [
      "status",
      "-p",
      String(lab.port("echo")),
      "--timeout",
      "2s",
    ]);
    expect(exit).toBe(1);
    expect(stderr).toContain("does not speak HTTP");
  });

  test("where nothing listens, the error says what should", async () => {
    const probe = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    probe.stop(true);
    const { exit, stderr } = await runCli(status, ["status", "-p", String(probe.port)]);
    expect(exit).toBe(1);
    expect(stderr).toContain(
      "distsrv's admin service listens on 127.0.0.1:8088 unless its file says otherwise",
    );
  });
});

testWith(openssl)("distcli status shows by which protocol each address is spoken to", async () => {
  const { cert, key } = new Authority().issue();
  const lab = await startLab(
    `admin: { port: 0 }\nservices:\n  mqtt: { port: 0, listeners: [{ port: 0, tls: { cert: ${cert}, key: ${key} } }] }\n`,
    { cleanUp: onTestFinished },
  );
  const { stdout } = await runCli(status, ["status", "-p", `${lab.adminPort}`], { env: {} });
  expect(stdout).toMatch(/mqtt +mqtt +running +127\.0\.0\.1:\d+\/tcp 127\.0\.0\.1:\d+\/tls /);
});
