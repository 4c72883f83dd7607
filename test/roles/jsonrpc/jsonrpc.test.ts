import { describe, expect, test } from "bun:test";
import { compileOperation } from "../../../src/protocol/calculator/compile.ts";
import { jsonrpc } from "../../../src/roles/jsonrpc/index.ts";
import { labOperations } from "../../support/lab-operations.ts";
import { startRole } from "../../support/start-role.ts";

async function start(config = {}, options = {}) {
  const started = await startRole(jsonrpc, config, { operations: labOperations, ...options });
  const url = `http://127.0.0.1:${started.port}/`;
  const post = async (body: string | Uint8Array, path = "") => {
    const reply = await fetch(url + path, { method: "POST", body });
    return { status: reply.status, type: reply.headers.get("content-type"), text: await reply.text() };
  };
  return { ...started, url, post };
}

const call = (rest: string) => `{"jsonrpc":"2.0",${rest}}`;
const answer = (rest: string) => `{"jsonrpc":"2.0",${rest}}`;
const failed = (code: number, message: string, data: string | undefined, id: string) => {
  const more = data === undefined ? "" : `,"data":${JSON.stringify(data)}`;
  return answer(`"error":{"code":${code},"message":"${message}"${more}},"id":${id}`);
};

describe("a call", () => {
  test.each([
    ['"method":"add","params":[10,2],"id":1', '"result":12,"id":1'],
    ['"method":"sub","params":{"a":10,"b":2},"id":"x"', '"result":8,"id":"x"'],
    ['"method":"sub","params":{"b":2,"a":10},"id":null', '"result":8,"id":null'],
    ['"method":"subtract","params":[10,2],"id":-3', '"result":8,"id":-3'],
    ['"method":"div","params":[10,5],"id":1.5', '"result":2.0,"id":1.5'],
    ['"method":"add","params":[2.0,3],"id":""', '"result":5.0,"id":""'],
    ['"method":"add","params":["10","2.5"],"id":1', '"result":12.5,"id":1'],
    [
      '"method":"mul","params":[99999999999999999999,99999999999999999999],"id":99999999999999999999',
      '"result":9999999999999999999800000000000000000001,"id":99999999999999999999',
    ],
    ['"id":1,"params":[20,30],"method":"selisih_kuadrat","extra":{}', '"result":-500,"id":1'],
  ])("with %s is answered with %s", async (request, reply) => {
    const { post } = await start();
    expect(await post(call(request))).toEqual({
      status: 200,
      type: "application/json",
      text: answer(reply),
    });
  });

  test("is taken at any path and of any content type", async () => {
    const { post } = await start();
    expect((await post(call('"method":"add","params":[1,2],"id":1'), "jsonrpc")).text).toBe(
      answer('"result":3,"id":1'),
    );
  });
});

describe("an error", () => {
  const add = (more: string) => call(`"method":"add",${more}`);
  test.each<[string, string]>([
    [
      "{",
      failed(-32700, "Parse error", "Expected a name in quotes at character 2, and found the end", "null"),
    ],
    ["", failed(-32700, "Parse error", "Expected a value at character 1, and found the end", "null")],
    [
      "[".repeat(10_000),
      failed(-32700, "Parse error", "Nested deeper than 100 levels at character 101", "null"),
    ],
    ["1", failed(-32600, "Invalid Request", "a request is an object", "null")],
    ["null", failed(-32600, "Invalid Request", "a request is an object", "null")],
    ["{}", failed(-32600, "Invalid Request", 'the member "jsonrpc" must be "2.0"', "null")],
    [
      '{"method":"add","params":[1,2],"id":7}',
      failed(-32600, "Invalid Request", 'the member "jsonrpc" must be "2.0"', "7"),
    ],
    [
      '{"jsonrpc":2.0,"method":"add","id":7}',
      failed(-32600, "Invalid Request", 'the member "jsonrpc" must be "2.0"', "7"),
    ],
    [
      call('"method":1,"params":"bar"'),
      failed(-32600, "Invalid Request", 'the member "method" must be a string', "null"),
    ],
    [
      add('"params":"bar","id":3'),
      failed(-32600, "Invalid Request", 'the member "params" must be an array or an object', "3"),
    ],
    [
      add('"params":null,"id":3'),
      failed(-32600, "Invalid Request", 'the member "params" must be an array or an object', "3"),
    ],
    [
      add('"params":[1,2],"id":[1]'),
      failed(-32600, "Invalid Request", 'the member "id" must be a string, a number or null', "null"),
    ],
    [
      add('"params":[1,2],"id":true'),
      failed(-32600, "Invalid Request", 'the member "id" must be a string, a number or null', "null"),
    ],
    [
      add('"params":[1,2],"id":1e999'),
      failed(-32600, "Invalid Request", 'the member "id" must be a string, a number or null', "null"),
    ],
    [add('"id":1'), failed(-32602, "Invalid params", "parameter a is missing", "1")],
    [add('"params":[],"id":1'), failed(-32602, "Invalid params", "parameter a is missing", "1")],
    [add('"params":{"a":1},"id":1'), failed(-32602, "Invalid params", "parameter b is missing", "1")],
    [
      add('"params":[1,2,3],"id":1'),
      failed(-32602, "Invalid params", "expected 2 parameters, a and b, and found 3", "1"),
    ],
    [
      add('"params":{"a":1,"B":2},"id":1'),
      failed(-32602, "Invalid params", 'expected the parameters a and b, and found "B"', "1"),
    ],
    [
      add('"params":["x",2],"id":1'),
      failed(-32602, "Invalid params", "parameter a must be a number of at most 4300 digits", "1"),
    ],
    [
      add('"params":[1,null],"id":1'),
      failed(-32602, "Invalid params", "parameter b must be a number of at most 4300 digits", "1"),
    ],
    [
      add('"params":[1e999,1],"id":1'),
      failed(-32602, "Invalid params", "parameter a must be a number of at most 4300 digits", "1"),
    ],
    [
      call('"method":"gcd","params":[1.5,2],"id":1'),
      failed(-32602, "Invalid params", "gcd needs integers, and was given the decimal 1.5", "1"),
    ],
    [call('"method":"div","params":[1,0],"id":1'), failed(-32000, "Division by zero", undefined, "1")],
    [
      call('"method":"power","params":[9,99999999],"id":1'),
      failed(-32001, "Result is too large: it has more than 10000 digits", undefined, "1"),
    ],
    [
      call('"method":"power","params":[-1,0.5],"id":1'),
      failed(-32002, "Result is not a real number: a root of a negative number", undefined, "1"),
    ],
  ])("of %.70s is answered with the right code and what was wrong", async (request, reply) => {
    const { post } = await start();
    expect(await post(request)).toEqual({ status: 200, type: "application/json", text: reply });
  });

  test("of an unknown method names the nearest one and all there are", async () => {
    const { post } = await start({}, { operations: labOperations.slice(0, 2) });
    expect((await post(call('"method":"ad","params":[1,2],"id":1'))).text).toBe(
      failed(-32601, "Method not found", 'Did you mean "add"? The methods are add, sub, subtract.', "1"),
    );
    for (const name of ["__proto__", "constructor", "rpc.discover"]) {
      expect((await post(call(`"method":"${name}","id":1`))).text).toContain('"code":-32601');
    }
  });

  test("of bytes that are not UTF-8 is a parse error", async () => {
    const { post } = await start();
    expect((await post(Uint8Array.of(0x22, 0xff, 0x22))).text).toBe(
      failed(-32700, "Parse error", "Not UTF-8", "null"),
    );
  });

  test("of our own is an internal error, logged, and the other calls of the batch are answered", async () => {
    const broken = { ...compileOperation({ name: "broken", expression: "a", aliases: [] }) };
    broken.evaluate = () => {
      throw new TypeError("a bug");
    };
    const { post, log } = await start({}, { operations: [...labOperations, broken], expectLog: ["error"] });
    const batch = `[${call('"method":"broken","params":[1,2],"id":1')},${call('"method":"add","params":[1,2],"id":2')}]`;
    expect((await post(batch)).text).toBe(
      `[${failed(-32603, "Internal error", "the server's log says why", "1")},${answer('"result":3,"id":2')}]`,
    );
    expect(log).toContain("error Could not answer a call: a bug");
  });
});

describe("a notification", () => {
  test.each([
    call('"method":"add","params":[1,2]'),
    call('"method":"nope"'),
    call('"method":"add","params":["x"]'),
    call('"method":"div","params":[1,0]'),
    `[${call('"method":"add","params":[1,2]')},${call('"method":"nope"')}]`,
  ])("%s is not answered, whatever is wrong with it", async (request) => {
    const { post } = await start();
    expect(await post(request)).toEqual({ status: 204, type: null, text: "" });
  });
});

describe("a batch", () => {
  test("is answered in its order, without its notifications, with an error for each invalid member", async () => {
    const { post } = await start();
    const batch = [
      call('"method":"add","params":[1,2],"id":"1"'),
      call('"method":"add","params":[7,8]'),
      call('"method":"sub","params":[42,23],"id":"2"'),
      '{"foo":"boo"}',
      "1",
      call('"method":"div","params":[1,0],"id":"5"'),
    ];
    const { text } = await post(`[${batch.join(",")}]`);
    expect(JSON.parse(text)).toEqual([
      { jsonrpc: "2.0", result: 3, id: "1" },
      { jsonrpc: "2.0", result: 19, id: "2" },
      {
        jsonrpc: "2.0",
        error: { code: -32600, message: "Invalid Request", data: expect.any(String) },
        id: null,
      },
      {
        jsonrpc: "2.0",
        error: { code: -32600, message: "Invalid Request", data: expect.any(String) },
        id: null,
      },
      { jsonrpc: "2.0", error: { code: -32000, message: "Division by zero" }, id: "5" },
    ]);
  });

  test("that is empty, or larger than allowed, is one invalid request", async () => {
    const { post } = await start({ maxBatch: 2 });
    expect((await post("[]")).text).toBe(failed(-32600, "Invalid Request", "the batch is empty", "null"));
    expect((await post("[1,2,3]")).text).toBe(
      failed(-32600, "Invalid Request", "the batch has 3 calls, and may have 2", "null"),
    );
    expect(JSON.parse((await post("[1,2]")).text)).toHaveLength(2);
  });
});

describe("over HTTP", () => {
  test.each(["GET", "PUT", "DELETE", "HEAD"])(
    "%s is answered with 405 and what is allowed",
    async (method) => {
      const { url } = await start();
      const reply = await fetch(url, { method });
      expect(reply.status).toBe(405);
      expect(reply.headers.get("allow")).toBe("POST, OPTIONS");
      if (method !== "HEAD")
        expect(await reply.json()).toEqual({ error: "Send a JSON-RPC 2.0 request by POST" });
    },
  );

  test("OPTIONS says what is allowed", async () => {
    const { url } = await start();
    const reply = await fetch(url, { method: "OPTIONS" });
    expect([reply.status, reply.headers.get("allow"), await reply.text()]).toEqual([
      200,
      "POST, OPTIONS",
      "",
    ]);
  });

  test("a body beyond maxBody is answered with 413 and an error of JSON-RPC", async () => {
    const { post } = await start({ maxBody: 10 });
    expect(await post("x".repeat(11))).toMatchObject({
      status: 413,
      text: failed(-32600, "Invalid Request", "The request body is larger than 10 bytes", "null"),
    });
  });

  test("requests and answers are shown in the words of the demos", async () => {
    const { post, events } = await start({}, { observe: true });
    await post(call('"method":"add","params":[1,2],"id":1'));
    await post(call('"method":"add","params":[1,2]'));
    expect(events.flatMap((event) => (event.kind === "message" ? [event.text] : []))).toEqual([
      'Received: {"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}',
      'Sent: 200 {"jsonrpc":"2.0","result":3,"id":1}',
      'Received: {"jsonrpc":"2.0","method":"add","params":[1,2]}',
      "Sent: 204",
    ]);
  });
});
