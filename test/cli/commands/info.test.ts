import { expect, test } from "bun:test";
import { info } from "../../../src/cli/commands/info.ts";
import { type Lookup, resolveName } from "../../../src/net/resolve.ts";
import { freePort } from "../../support/free-port.ts";
import { fakeServer } from "../support/fake-server.ts";
import { runCli } from "../support/run-cli.ts";

test("info shows the socket's timeout, the addresses, and that the port answers", async () => {
  const { port } = fakeServer({});
  const { exit, stdout } = await runCli(info, ["info", "localhost", `${port}`, "--timeout", "3s"]);
  expect(stdout).toMatch(
    /^Socket timeout +none \(it waits for ever\) before it is set\n +3 s after \(--timeout\)$/m,
  );
  expect(stdout).toMatch(/^Addresses +record +family +type +protocol +address$/m);
  expect(stdout).toMatch(
    new RegExp(`^ +A +AF_INET +SOCK_STREAM +IPPROTO_TCP +127\\.0\\.0\\.1:${port}$`, "m"),
  );
  expect(stdout).toMatch(new RegExp(`^ +A +AF_INET +SOCK_DGRAM +IPPROTO_UDP +127\\.0\\.0\\.1:${port}$`, "m"));
  expect(stdout).toMatch(new RegExp(`Port ${port} +127\\.0\\.0\\.1 +answers in [\\d.]+ ms`));
  expect(exit).toBe(0);
});

test("a port that answers on no address is status 1, after all has been shown", async () => {
  const port = freePort();
  const { exit, stdout, stderr } = await runCli(info, ["info", "127.0.0.1", `${port}`, "--json"]);
  expect(JSON.parse(stdout)).toMatchObject({
    host: "127.0.0.1",
    timeout: { default: null, seconds: 10 },
    addresses: [{ address: "127.0.0.1", record: "A" }],
    port: { number: port, attempts: [{ address: "127.0.0.1", state: "refused" }] },
  });
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: "port-closed" } });
  expect(exit).toBe(1);
});

// An empty label: no name server need be asked, so the test needs none.
test("a name without an address is status 1", async () => {
  const { exit, stdout, stderr } = await runCli(info, ["info", "no..host"]);
  expect(stdout).toMatch(/Addresses +none\n/);
  expect(stderr).toContain('The name "no..host" has no address');
  expect(exit).toBe(1);
});

test("an IPv6 address is an AAAA of its own, and of the other family", async () => {
  const { stdout } = await runCli(info, ["info", "::1", "--json"]);
  const sockets = [
    { type: "SOCK_STREAM", protocol: "IPPROTO_TCP" },
    { type: "SOCK_DGRAM", protocol: "IPPROTO_UDP" },
  ];
  expect(JSON.parse(stdout).addresses).toEqual([
    { address: "::1", record: "AAAA", family: "AF_INET6", sockets },
  ]);
  const people = await runCli(info, ["info", "::1"]);
  expect(people.stdout).toMatch(/^ +AAAA +AF_INET6 +SOCK_STREAM +IPPROTO_TCP +::1$/m);
});

test("a port of the lab is shown with its service", async () => {
  const { stdout } = await runCli(info, ["info", "127.0.0.1", "3131"]);
  expect(stdout).toMatch(/Port 3131 +the lab's oneway\n/);
});

const noServer = Object.assign(new Error("getaddrinfo EAI_AGAIN"), { code: "EAI_AGAIN" });
const noAddress = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });

test("an address of one family is shown though no name server answers for the other", async () => {
  const hostsFile: Lookup = async (_name, family) => {
    if (family === 6) throw noServer;
    return ["127.0.0.1", "127.0.0.1"];
  };
  expect(await resolveName("localhost", hostsFile)).toEqual([{ address: "127.0.0.1", record: "A" }]);
});

test.each([
  ["both families", () => noServer],
  ["one family, and the other has nothing,", (family: 4 | 6) => (family === 4 ? noAddress : noServer)],
])("no answer for %s is not the same as no address", async (_, errorFor) => {
  const silent: Lookup = async (_name, family) => {
    throw errorFor(family);
  };
  const failure = await resolveName("gema", silent).catch((error: unknown) => error);
  expect(failure).toMatchObject({ message: 'Cannot resolve "gema": the name server does not answer' });
});
