import { describe, expect, onTestFinished, test } from "bun:test";
import { rest } from "../../../src/cli/commands/rest.ts";
import { rest as restRole } from "../../../src/roles/rest/index.ts";
import { golden } from "../../support/golden.ts";
import { labOperations } from "../../support/lab-operations.ts";
import { startRole } from "../../support/start-role.ts";
import { echoing, fakeServer } from "../support/fake-server.ts";
import { runCli } from "../support/run-cli.ts";

/** `distcli rest 127.0.0.1 -p PORT ...` at a service of its own. */
async function distcliRest(...words: string[]) {
  const { port } = await startRole(restRole, {}, { operations: labOperations });
  return runCli(rest, ["rest", "127.0.0.1", "-p", String(port), ...words]);
}

/** A peer that is none of ours. */
function serve(fetch: (request: Request) => Response) {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, development: false, fetch });
  onTestFinished(() => server.stop(true));
  return ["rest", "127.0.0.1", "-p", String(server.port)];
}

describe("distcli rest", () => {
  for (const { args = "", stdout } of golden("rest_client").clients) {
    test(`prints what the original printed for ${args}`, async () => {
      const words = args.split(" ").slice(2);
      expect(await distcliRest(...words)).toMatchObject({ exit: 0, stdout, stderr: "" });
    });
  }

  test.each([
    [["--op", "add", "-a", "2.0", "-b", "3.0"], "add(2.0,3.0) = 5.0\n"],
    [["--op", "div", "-a", "10", "-b", "5"], "div(10,5) = 2.0\n"],
    [["--op", "selisih_kuadrat", "-a", "20", "-b", "30"], "selisih_kuadrat(20,30) = -500\n"],
    [["--op", "add", "-a", "+1_000", "-b", "٣"], "add(+1_000,٣) = 1003\n"],
    [["--op", "mul", "-a", "99999999999999999999", "-b", "10", "--quiet"], "999999999999999999990\n"],
  ])("%j prints %p", async (words, stdout) => {
    expect(await distcliRest(...words)).toMatchObject({ exit: 0, stdout, stderr: "" });
  });

  test("--json prints an object with every digit, decimals with their point", async () => {
    const { stdout } = await distcliRest("--op", "mul", "-a", "99999999999999999999", "-b", "1.0", "--json");
    expect(stdout).toMatch(
      /^\{"operation":"mul","operands":\[99999999999999999999,1\.0\],"result":1e\+20,"ms":[\d.]+\}\n$/,
    );
  });

  test("--op all asks the server what it offers, and fails at the end if an operation did", async () => {
    const { exit, stdout, stderr } = await distcliRest("--op", "all", "-a", "6", "-b", "0");
    expect(stdout.split("\n").map((line) => line.split("(")[0])).toEqual(
      labOperations
        .map(({ name }) => name)
        .filter((name) => name !== "div")
        .concat(""),
    );
    expect(stderr).toBe("distcli: div(6,0): Division by zero (HTTP 400)\n");
    expect(exit).toBe(1);
  });

  test.each([
    [["--op", "add", "-a", "x"], "distcli: add(x,5): Invalid input (HTTP 400)\n"],
    [
      ["--op", "ad"],
      "distcli: ad(10,5): Not found: There is nothing at /ad. Did you mean /add? (HTTP 404)\n",
    ],
  ])("%j says what the server said", async (words, stderr) => {
    expect(await distcliRest(...words)).toMatchObject({ exit: 1, stdout: "", stderr });
  });

  test("a peer that answers no JSON is reported, with the place of the error", async () => {
    const peer = serve(() => new Response("<html>"));
    const { exit, stderr } = await runCli(rest, [...peer, "--op", "add"]);
    expect(exit).toBe(1);
    expect(stderr).toContain(`answers 200, and not in JSON: Expected a value at character 1, and found "<"`);
  });

  test.each(["[]", "{}", "null", '{"error":5}'])("a peer that answers %s is reported", async (body) => {
    const { exit, stdout, stderr } = await runCli(rest, [...serve(() => new Response(body)), "--op", "add"]);
    expect([exit, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("add(10,5): unexpected answer (HTTP 200)");
  });

  test("a peer that answers without end is given up", async () => {
    const endless = () =>
      new Response(new ReadableStream({ pull: (sink) => sink.enqueue(new Uint8Array(65_536).fill(0x20)) }));
    const { exit, stderr } = await runCli(rest, [...serve(endless), "--op", "add"]);
    expect(exit).toBe(1);
    expect(stderr).toContain("answers more than 4194304 bytes");
  });

  test("a peer that does not answer is a timeout", async () => {
    const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    onTestFinished(() => silent.stop(true));
    const words = ["rest", "127.0.0.1", "-p", String(silent.port), "--timeout", "300ms"];
    expect(await runCli(rest, words)).toMatchObject({ exit: 124 });
  });

  test("a refused connection is a failure that names the peer", async () => {
    const { exit, stderr } = await runCli(rest, ["rest", "127.0.0.1", "-p", "1"]);
    expect(exit).toBe(1);
    expect(stderr).toContain("Cannot connect to 127.0.0.1:1: connection refused");
  });
});

test("a peer that does not speak HTTP is reported as such", async () => {
  const { port } = fakeServer(echoing("Echo: "));
  const { exit, stderr } = await runCli(rest, ["rest", "-p", `${port}`]);
  expect(stderr).toBe(`distcli: 127.0.0.1:${port} does not speak HTTP. Is the port right?\n`);
  expect(exit).toBe(1);
});

test("a number that is too large is reported", async () => {
  const peer = serve(() => new Response('{"result":[1e999]}'));
  const { exit, stderr } = await runCli(rest, [...peer, "--op", "add"]);
  expect(stderr).toContain("answers 200, with a number too large to hold");
  expect(exit).toBe(1);
});

test.each([
  ["in HTML", 404, "<!doctype html><h1>Not Found</h1>"],
  ["in JSON", 404, '{"error":"Not found"}'],
  ["with an empty list", 200, '{"operations":[]}'],
])("--op all tries what the original client did on a server that answers %s", async (_, status, body) => {
  const peer = serve((request) => {
    const { pathname } = new URL(request.url);
    return pathname === "/" ? new Response(body, { status }) : Response.json({ result: pathname });
  });
  const { exit, stdout, stderr } = await runCli(rest, [...peer, "--op", "all"]);
  expect(stdout).toBe("add(10,5) = /add\nsub(10,5) = /sub\nmul(10,5) = /mul\ndiv(10,5) = /div\n");
  expect(stderr).toContain("lists no operations; trying add, sub, mul, div\n");
  expect(exit).toBe(0);
});
