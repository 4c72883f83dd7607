import { describe, expect, test } from "bun:test";
import { echo } from "../../../src/cli/commands/echo.ts";
import { expect as expectCommand } from "../../../src/cli/commands/expect.ts";
import { mqtt } from "../../../src/cli/commands/mqtt.ts";
import { oneway } from "../../../src/cli/commands/oneway.ts";
import { rest } from "../../../src/cli/commands/rest.ts";
import { rpc } from "../../../src/cli/commands/rpc.ts";
import { soap } from "../../../src/cli/commands/soap.ts";
import { time } from "../../../src/cli/commands/time.ts";
import { upcall } from "../../../src/cli/commands/upcall.ts";
import type { CliCommand } from "../../../src/cli/program/command.ts";
import type { Role } from "../../../src/core/role.ts";
import { echo as echoRole } from "../../../src/roles/echo/index.ts";
import { jsonrpc } from "../../../src/roles/jsonrpc/index.ts";
import { mqtt as mqttRole } from "../../../src/roles/mqtt/index.ts";
import { oneway as onewayRole } from "../../../src/roles/oneway/index.ts";
import { rest as restRole } from "../../../src/roles/rest/index.ts";
import { soap as soapRole } from "../../../src/roles/soap/index.ts";
import { time as timeRole } from "../../../src/roles/time/index.ts";
import { upcall as upcallRole } from "../../../src/roles/upcall/index.ts";
import { Authority, openssl } from "../../support/certificates.ts";
import { labOperations } from "../../support/lab-operations.ts";
import { testWith } from "../../support/needs.ts";
import { startRole } from "../../support/start-role.ts";
import { runCli } from "../support/run-cli.ts";

const testTls = testWith(openssl);
const authority = openssl.isThere() ? new Authority() : undefined;
const [server, client, elsewhere] = authority
  ? [authority.issue(), authority.issue("ani"), authority.issue("elsewhere", 60, { names: "DNS:elsewhere" })]
  : [];

const mutual = () => ({ ...server!, ca: authority!.cert, requireClientCert: true });
const own = () => ["--cert", client!.cert, "--key", client!.key];
const trusting = () => ["--cafile", authority!.cert];

/** Each command, its role, what it is given after the host, and what it prints. */
const commands: readonly (readonly [string, CliCommand, Role, readonly string[], string])[] = [
  ["echo", echo, echoRole as Role, ["halo"], "Echo: halo"],
  ["upcall", upcall, upcallRole as Role, ["halo"], "Upcall event: Processing halo"],
  ["oneway", oneway, onewayRole as Role, ["halo"], "Sent to"],
  ["time", time, timeRole as Role, [], "JAM "],
  ["rest", rest, restRole as Role, ["--op", "add"], "add(10,5) = 15"],
  ["rpc", rpc, jsonrpc as Role, ["add", "1", "2"], "add(1,2) = 3"],
  ["soap", soap, soapRole as Role, ["add", "1", "2"], ": 3"],
];

for (const [name, command, role, words, printed] of commands) {
  testTls(`distcli ${name} speaks TLS, and shows a certificate where the service asks for one`, async () => {
    const { port } = await startRole(role, { tls: mutual() }, { operations: labOperations });
    const distcli = (...options: string[]) =>
      runCli(command, [name, "127.0.0.1", "-p", String(port), ...options, ...words]);
    const welcome = await distcli(...trusting(), ...own());
    expect(welcome).toMatchObject({ exit: 0 });
    expect(welcome.stdout).toContain(printed);
    expect(await distcli("--insecure", ...own())).toMatchObject({ exit: 0 });
    const untrusting = await distcli("--tls", ...own());
    expect(untrusting).toMatchObject({ exit: 1 });
    expect(untrusting.stderr).toContain(`The certificate of 127.0.0.1:${port} is not trusted`);
  });
}

describe("what is wrong with TLS is said in words", () => {
  const distcli = (port: number, ...options: string[]) =>
    runCli(echo, ["echo", "127.0.0.1", "-p", String(port), "--timeout", "20s", ...options, "halo"]);

  testTls("a certificate for another name", async () => {
    const { port } = await startRole(echoRole, { tls: elsewhere });
    const { exit, stderr } = await distcli(port, ...trusting());
    expect(exit).toBe(1);
    expect(stderr).toContain(`The certificate of 127.0.0.1:${port} is not trusted`);
    expect(await distcli(port, ...trusting(), "--insecure")).toMatchObject({ exit: 0 });
  });

  testTls("a certificate of another authority", async () => {
    const { port } = await startRole(echoRole, { tls: server });
    const { stderr } = await distcli(port, "--cafile", new Authority().cert);
    expect(stderr).toContain("is not trusted");
  });

  testTls("a server that asks for a certificate, or does not take ours", async () => {
    const { port } = await startRole(echoRole, { tls: mutual() });
    expect((await distcli(port, ...trusting())).stderr).toContain(
      `The TLS handshake with 127.0.0.1:${port} failed: it asks for a certificate: give one with --cert FILE --key FILE`,
    );
    const stranger = new Authority().issue();
    const refused = await distcli(port, ...trusting(), "--cert", stranger.cert, "--key", stranger.key);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain("127.0.0.1");
  });

  testTls("a server that does not speak it", async () => {
    const { port } = await startRole(echoRole, {});
    expect((await distcli(port, "--tls")).stderr).toContain(
      `The TLS handshake with 127.0.0.1:${port} failed: it does not speak TLS`,
    );
  });

  test("files that cannot be read, and half of a pair", async () => {
    for (const [options, message] of [
      [["--cafile", "/nowhere/ca.crt"], "Cannot read --cafile /nowhere/ca.crt: ENOENT"],
      [["--cert", "a.crt"], "--cert a.crt needs --key FILE beside it"],
      [["--key", "a.key"], "--key a.key needs --cert FILE beside it"],
      [["--cert", "/nowhere/a", "--key", "/nowhere/b"], "Cannot read --cert /nowhere/a: ENOENT"],
    ] as const) {
      const { exit, stderr } = await distcli(1, ...options);
      expect(exit).toBe(2);
      expect(stderr).toContain(message);
    }
  });
});

testTls("distcli mqtt shows its certificate, which means TLS, and is who it names", async () => {
  const tls = { ...mutual(), usernameFrom: "cn" };
  const { port } = await startRole(mqttRole, { tls, listeners: [{ port: 0, transport: "ws", tls }] });
  const pub = (...options: string[]) =>
    runCli(mqtt, [
      "mqtt",
      "pub",
      "127.0.0.1",
      "-p",
      String(port),
      ...options,
      "-t",
      "t",
      "-m",
      "x",
      "-q",
      "1",
    ]);
  expect(await pub(...trusting(), ...own())).toMatchObject({ exit: 0 });
  expect(await pub(...trusting(), ...own(), "-u", "ani")).toMatchObject({ exit: 0 });
  const other = await pub(...trusting(), ...own(), "-u", "budi");
  expect(other).toMatchObject({ exit: 1 });
  expect(other.stderr).toContain("Not authorized");
  expect((await pub(...trusting())).stderr).toContain("it asks for a certificate");
});

testTls(
  "expect speaks TLS with echo and https, and a certificate that is not trusted is no silence",
  async () => {
    const { port: echoPort } = await startRole(echoRole, { tls: mutual() });
    const { port: restPort } = await startRole(restRole, { tls: mutual() }, { operations: labOperations });
    const url = `https://127.0.0.1:${restPort}/add?a=5&b=9`;
    const commands = [
      ["echo", "127.0.0.1", "halo", "-p", `${echoPort}`, "--tls"],
      ["http", url, "--field", "result=14"],
    ];
    for (const words of commands) {
      const check = (...options: string[]) =>
        runCli(expectCommand, ["expect", ...words, ...options, ...own()]);
      expect(await check(...trusting())).toMatchObject({ exit: 0 });
      expect(await check("--insecure")).toMatchObject({ exit: 0 });
      const untrusting = await check();
      expect(untrusting.stderr).toContain("is not trusted");
      expect(untrusting).toMatchObject({ exit: 1, stdout: "" });
    }
  },
);
