import { describe, expect, onTestFinished, test } from "bun:test";
import { rpc } from "../../../src/cli/commands/rpc.ts";
import { jsonrpc } from "../../../src/roles/jsonrpc/index.ts";
import { labOperations } from "../../support/lab-operations.ts";
import { startRole } from "../../support/start-role.ts";
import { runCli } from "../support/run-cli.ts";

/** `distcli rpc 127.0.0.1 -p PORT ...` at a service of its own. */
async function distcliRpc(...words: string[]) {
  const { port } = await startRole(jsonrpc, {}, { operations: labOperations });
  return runCli(rpc, ["rpc", "127.0.0.1", "-p", String(port), ...words]);
}

/** A peer that is none of ours, and what it was sent. */
function serve(answer: string, status = 200) {
  const received: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    development: false,
    fetch: async (request) => {
      received.push(`${new URL(request.url).pathname} ${await request.text()}`);
      return new Response(answer, { status });
    },
  });
  onTestFinished(() => server.stop(true));
  return { received, words: ["rpc", "127.0.0.1", "-p", String(server.port)] };
}

describe("distcli rpc", () => {
  test.each([
    [["add", "10", "2"], "add(10,2) = 12\n"],
    [["subtract", "10", "--", "-5"], "subtract(10,-5) = 15\n"],
    [["div", "a=10", "b=4", "--named"], "div(a=10,b=4) = 2.5\n"],
    [["add", "2.0", "3"], "add(2.0,3) = 5.0\n"],
    [["mul", "99999999999999999999", "10", "--quiet"], "999999999999999999990\n"],
    [["add", "007", "1_000"], "add(007,1_000) = 1007\n"],
  ])("%j prints %p", async (words, stdout) => {
    expect(await distcliRpc(...words)).toMatchObject({ exit: 0, stdout, stderr: "" });
  });

  test("--json prints an object", async () => {
    const { stdout } = await distcliRpc("div", "10", "5", "--json");
    expect(stdout).toMatch(/^\{"operation":"div","operands":\[10,5\],"result":2\.0,"ms":[\d.]+\}\n$/);
  });

  test.each([
    [["div", "1", "0"], "div(1,0): Division by zero (-32000)"],
    [["add", "1"], "add(1): Invalid params (-32602): parameter b is missing"],
    [["ad", "1", "2"], 'ad(1,2): Method not found (-32601): Did you mean "add"?'],
  ])("%j says what the server said", async (words, said) => {
    const { exit, stdout, stderr } = await distcliRpc(...words);
    expect([exit, stdout]).toEqual([1, ""]);
    expect(stderr).toStartWith(`distcli: ${said}`);
  });

  test("--notify sends no id, and expects no answer", async () => {
    const { words, received } = serve("", 204);
    expect(await runCli(rpc, [...words, "add", "1", "2", "--notify"])).toMatchObject({ exit: 0, stdout: "" });
    expect(received).toEqual(['/ {"jsonrpc":"2.0","method":"add","params":[1,2]}']);
    const { words: talkative } = serve('{"jsonrpc":"2.0","result":3,"id":1}');
    const { exit, stderr } = await runCli(rpc, [...talkative, "add", "1", "2", "--notify"]);
    expect(exit).toBe(1);
    expect(stderr).toContain("answers a notification");
  });

  test("parameters that are JSON are sent as typed, others as texts, to the path that is asked for", async () => {
    const { words, received } = serve('{"jsonrpc":"2.0","result":{"x":[1.0]},"id":1}');
    const params = ["1", "2.50", "[true]", "text", '"5"'];
    const { exit, stdout } = await runCli(rpc, [...words, "--path", "/rpc", "m", ...params]);
    expect(received).toEqual([
      '/rpc {"jsonrpc":"2.0","method":"m","params":[1,2.5,[true],"text","5"],"id":1}',
    ]);
    expect([exit, stdout]).toEqual([0, 'm(1,2.50,[true],text,"5") = {"x":[1.0]}\n']);
  });

  test.each([
    "{}",
    "[]",
    '{"jsonrpc":"1.0","result":1,"id":1}',
    '{"jsonrpc":"2.0","result":1,"id":2}',
    '{"jsonrpc":"2.0","id":1}',
  ])("an answer that is not JSON-RPC, %s, is reported", async (answer) => {
    const { exit, stdout, stderr } = await runCli(rpc, [...serve(answer).words, "add", "1", "2"]);
    expect([exit, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/not in JSON-RPC 2\.0|answers another call than ours/);
  });

  test("--named wants names", async () => {
    const { exit, stderr } = await distcliRpc("add", "1", "b=2", "--named");
    expect(exit).toBe(2);
    expect(stderr).toContain('With --named a parameter is written name=value, and one is "1"');
  });
});

test("a parameter too large for a number is a mistake of the command line", async () => {
  const { exit, stderr } = await runCli(rpc, ["rpc", "127.0.0.1", "add", "1e999", "2"]);
  expect(stderr).toBe("distcli: A parameter has a number too large to hold: 1e999\n");
  expect(exit).toBe(2);
});
