import { expect, test } from "bun:test";
import fc from "fast-check";
import { operationTable } from "../../../src/core/operation.ts";
import { RpcEndpoint } from "../../../src/roles/jsonrpc/endpoint.ts";
import { readPlainCall } from "../../../src/roles/jsonrpc/plain-call.ts";
import { labOperations } from "../../support/lab-operations.ts";

test.each([
  ['{"jsonrpc":"2.0","method":"add","params":[10,2],"id":1}', { method: "add", a: 10, b: 2, id: "1" }],
  [
    '{"jsonrpc": "2.0", "method": "add", "params": [-10, 0], "id": -1}',
    { method: "add", a: -10, b: 0, id: "-1" },
  ],
  [
    '{"jsonrpc":"2.0","method":"x y","params":[999999999999999,1],"id":"a:b, c"}',
    { method: "x y", a: 999_999_999_999_999, b: 1, id: '"a:b, c"' },
  ],
])("%s is read by its shape", (text, call) => {
  expect(readPlainCall(text)).toEqual(call);
});

const call = (params: string, id = "1", method = "add") =>
  `{"jsonrpc":"2.0","method":"${method}","params":${params},"id":${id}}`;

test.each([
  ["another version", call("[1,2]").replace("2.0", "1.0")],
  ["another order", '{"id":1,"jsonrpc":"2.0","method":"add","params":[1,2]}'],
  ["a notification", '{"jsonrpc":"2.0","method":"add","params":[1,2]}'],
  ["parameters by their names", call('{"a":1,"b":2}')],
  ["a decimal", call("[1.0,2]")],
  ["an exponent", call("[1,2e3]")],
  ["a zero with a sign", call("[-0,2]")],
  ["a zero in front", call("[01,2]")],
  ["a plus", call("[+1,2]")],
  ["a long integer", call("[1000000000000000,2]")],
  ["a text", call('["1",2]')],
  ["one parameter", call("[1]")],
  ["three parameters", call("[1,2,3]")],
  ["an id that is null", call("[1,2]", "null")],
  ["an id that is a decimal", call("[1,2]", "1.5")],
  ["an id with an escape", call("[1,2]", '"\\n"')],
  ["an id with a control character", call("[1,2]", '"\n"')],
  ["an id that is not ASCII", call("[1,2]", '"é"')],
  ["a space in a name", call("[1,2]").replace("jsonrpc", "json rpc")],
  ["a space before a comma", call("[1 ,2]")],
  ["two spaces", call("[1,  2]")],
  ["something behind it", `${call("[1,2]")} `],
  ["half of it", call("[1,2]").slice(0, -1)],
  ["a member too many", call("[1,2]").replace(/}$/, ',"x":1}')],
  ["a long one", call("[1,2]", `"${"x".repeat(300)}"`)],
  ["nothing", ""],
])("%s is left to the reader of JSON", (_, text) => {
  expect(readPlainCall(text)).toBeUndefined();
});

const silent = { debug() {}, info() {}, warning() {}, error() {} };

test("a call is answered alike, read by its shape or as JSON", async () => {
  const endpoint = new RpcEndpoint(operationTable(labOperations), 10, silent);
  const piece = fc.constantFrom(
    ...'0123-,:"[]{} .é\\'.split(""),
    ..."add mul div nope id 999999999999999".split(" "),
  );
  const whole = fc
    .tuple(
      fc.constantFrom("add", "sub", "mul", "div", "selisih_kuadrat", "nope"),
      fc.maxSafeInteger(),
      fc.integer({ min: -3, max: 3 }),
      fc.oneof(fc.integer(), fc.string({ maxLength: 5 })),
    )
    .map(([method, a, b, id]) => JSON.stringify({ jsonrpc: "2.0", method, params: [a, b], id }));
  const changed = fc.tuple(whole, fc.nat(), fc.nat(3), piece).map(([text, at, length, more]) => {
    const start = at % text.length;
    return text.slice(0, start) + more + text.slice(start + length);
  });
  await fc.assert(
    fc.asyncProperty(fc.oneof(whole, changed), async (text) => {
      // With a space in front it has not the shape; the places in messages are one further.
      const places = (answer: string | undefined) => answer?.replace(/character \d+/g, "character");
      expect(places(await endpoint.answer(text))).toBe(places(await endpoint.answer(` ${text}`)));
    }),
    { numRuns: 3000 },
  );
});
