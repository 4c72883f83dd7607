import { expect, test } from "bun:test";
import { startLab } from "../support/lab.ts";
import { needs, testWith } from "../support/needs.ts";
import { output, typedInto } from "../support/program.ts";
import { pythonClient } from "../support/python.ts";

const lab = await startLab(`
services:
  jsonrpc: { port: 0 }
`);
const url = `http://127.0.0.1:${lab.port("jsonrpc")}/`;
const call = (method: string, params: unknown, id: unknown = 1) => ({ jsonrpc: "2.0", method, params, id });
const result = (value: number, id: unknown = 1) => ({ jsonrpc: "2.0", result: value, id });

testWith(needs.requests)(
  "the requests library gets JSON-RPC 2.0 replies to calls, batches and notifications",
  async () => {
    const notification = { jsonrpc: "2.0", method: "add", params: [1, 2] };
    const exchanges: readonly (readonly [unknown, unknown])[] = [
      [call("add", [10, 2]), [200, result(12)]],
      [call("sub", { a: 5, b: 9 }, "x"), [200, result(-4, "x")]],
      [call("difference_of_squares", [20, 30]), [200, result(-500)]],
      [call("selisih_kuadrat", [20, 30]), [200, result(-500)]],
      [notification, [204, null]],
      [
        [call("add", [1, 2]), notification, call("mul", [3, 4], 2)],
        [200, [result(3), result(12, 2)]],
      ],
      [
        [notification, notification],
        [204, null],
      ],
    ];
    const printed = await typedInto(
      pythonClient("jsonrpc_client", url),
      exchanges.map(([request]) => JSON.stringify(request)),
    );
    const replies = printed
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(replies).toEqual(exchanges.map(([, reply]) => reply));
  },
);

testWith(needs.requests)("the requests library gets the error code of each kind of mistake", async () => {
  const exchanges: readonly (readonly [string, number])[] = [
    ['{"jsonrpc": "2.0", "method"', -32700],
    ["[]", -32600],
    ['{"jsonrpc":"1.0","method":"add","params":[1,2],"id":1}', -32600],
    [JSON.stringify(call("nope", [1, 2])), -32601],
    [JSON.stringify(call("add", [1])), -32602],
    [JSON.stringify(call("add", { a: 1, c: 2 })), -32602],
    [JSON.stringify(call("add", ["x", 2])), -32602],
  ];
  const printed = await typedInto(
    pythonClient("jsonrpc_client", url),
    exchanges.map(([request]) => request),
  );
  const replies = printed
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(replies.map(([, reply]) => reply.error.code)).toEqual(exchanges.map(([, code]) => code));
});

testWith(needs.curl)("curl gets every digit of a large result", async () => {
  const body = '{"jsonrpc":"2.0","method":"mul","params":[99999999999999999999,99999999999999999999],"id":7}';
  expect(await output(["curl", "-s", "-d", body, url])).toBe(
    '{"jsonrpc":"2.0","result":9999999999999999999800000000000000000001,"id":7}',
  );
});

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
