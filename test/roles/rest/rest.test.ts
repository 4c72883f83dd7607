import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { rest } from "../../../src/roles/rest/index.ts";
import { type GoldenEvent, golden } from "../../support/golden.ts";
import { labOperations } from "../../support/lab-operations.ts";
import { RawClient } from "../../support/raw-client.ts";
import { type RawReply, rawHttp } from "../../support/raw-http.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";

const start = async (config = {}, options = {}) => {
  const started = await startRole(rest, config, { operations: labOperations, ...options });
  return { ...started, url: `http://127.0.0.1:${started.port}` };
};

const bytesOf = (events: readonly GoldenEvent[], from: "client" | "server") =>
  Buffer.concat(
    events.map((event) => (event.from === from && event.kind === "bytes" ? event.bytes : Buffer.of())),
  );

/** Where the contract goes beyond the original: the start of the request, and our answer to it. */
const better: Readonly<Record<string, { status: number; json?: unknown; allow?: string }>> = {
  "GET /add?a=1.5&b=5 ": { status: 200, json: { result: 6.5 } },
  "GET / ": { status: 200 },
  "GET /nope ": { status: 404 },
  "GET /add/?a=1&b=2 ": { status: 404 },
  "POST /add?a=1&b=2 ": { status: 400, json: { error: "Invalid JSON", detail: expect.any(String) } },
  // RFC 9112 section 3.2: an HTTP/1.1 request without Host must be answered with 400.
  "GET /add?a=1&b=2 HTTP/1.1\r\nConnection": { status: 400 },
  "OPTIONS /add ": { status: 200, allow: "GET, HEAD, POST, OPTIONS" },
  "PUT /add ": { status: 405, allow: "GET, HEAD, POST, OPTIONS" },
  "DELETE /add ": { status: 405, allow: "GET, HEAD, POST, OPTIONS" },
};

function expectGolden(reply: RawReply, request: string, recorded: string): void {
  const known = Object.keys(better).find((begin) => request.startsWith(begin));
  if (known !== undefined) {
    const { status, json, allow } = better[known] ?? { status: 0 };
    expect(reply.status).toBe(status);
    if (json !== undefined) expect(JSON.parse(reply.body)).toEqual(json);
    expect(reply.headers.get("allow")).toBe(allow);
    return;
  }
  const [head = "", body = ""] = recorded.split("\r\n\r\n");
  // The original answers what is no HTTP with a page and no status line.
  expect(reply.status).toBe(head.startsWith("HTTP/") ? Number(head.split(" ")[1]) : 400);
  // Digits count, spaces do not.
  if (head.includes("application/json")) expect(reply.body).toBe(body.replaceAll(/[\n ](?![a-z])/g, ""));
}

describe("rest", () => {
  for (const scene of ["rest_client", "rest_edge"]) {
    for (const events of golden(scene).connections) {
      const request = bytesOf(events, "client");
      const text = request.toString("latin1");
      test(`answers as recorded in ${scene}: ${JSON.stringify(text.split("\r\n")[0]?.slice(0, 60))}`, async () => {
        const { port } = await start();
        // The recorded clients of a keep-alive connection were closed by the server; ours would stay.
        const closing = text.replace("Connection: keep-alive", "Connection: close");
        const reply = await rawHttp(port, Buffer.from(closing, "latin1"));
        expectGolden(reply, text, bytesOf(events, "server").toString("utf8"));
      });
    }
  }

  test.each([
    ["/add?a=5&b=9", '{"result":14}'],
    ["/sub?a=5&b=9", '{"result":-4}'],
    ["/subtract?a=5&b=9", '{"result":-4}'],
    ["/div?a=10&b=5", '{"result":2.0}'],
    ["/div?a=1&b=3", '{"result":0.3333333333333333}'],
    ["/add?a=2.0&b=3", '{"result":5.0}'],
    ["/mul?a=1e&b=3&a=4", undefined],
    ["/mul?a=0.00001&b=1", '{"result":1e-05}'],
    ["/mul?b=2&x=&a=3&a=x", '{"result":6}'],
    ["/mul?%61=3&b=2", '{"result":6}'],
    ["/selisih_kuadrat?a=20&b=30", '{"result":-500}'],
    ["/%61dd?a=5&b=9", '{"result":14}'],
  ])("GET %s is answered with %p", async (path, body) => {
    const { port } = await start();
    const reply = await rawHttp(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(reply.status).toBe(body === undefined ? 400 : 200);
    expect(reply.body).toBe(body ?? '{"error":"Invalid input"}');
    expect(reply.headers.get("content-type")).toBe("application/json");
  });

  test.each([
    ["/div?a=1&b=0", "Division by zero"],
    ["/div?a=1.5&b=0", "Division by zero"],
    ["/power?a=9&b=99999999", "Result is too large: it has more than 10000 digits"],
    ["/power?a=-8&b=0.5", "Result is not a real number: a root of a negative number"],
    ["/gcd?a=1.5&b=2", "gcd needs integers, and was given the decimal 1.5"],
    ["/add?a=nan&b=2", "Invalid input"],
    ["/add?a=2", "Invalid input"],
  ])("GET %s is answered with 400 and the error %p", async (path, error) => {
    const { url } = await start();
    const reply = await fetch(url + path);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toEqual({ error });
  });

  test.each<[string, string, number, string]>([
    ["/add", '{"a":5,"b":9}', 200, '{"result":14}'],
    [
      "/mul",
      '{"a":99999999999999999999,"b":99999999999999999999}',
      200,
      '{"result":9999999999999999999800000000000000000001}',
    ],
    ["/mul", '{"a":"99999999999999999999","b":1}', 200, '{"result":99999999999999999999}'],
    ["/add", '{"a":5.0,"b":9}', 200, '{"result":14.0}'],
    ["/add", '{"a":1e3,"b":9}', 200, '{"result":1009.0}'],
    ["/%61dd", '{"a":5,"b":9}', 200, '{"result":14}'],
    ["/div", '{"a":1,"b":0}', 400, '{"error":"Division by zero"}'],
    ["/add", '{"a":5}', 400, '{"error":"Invalid input"}'],
    ["/add", '{"a":null,"b":1}', 400, '{"error":"Invalid input"}'],
    ["/add", "[5,9]", 400, '{"error":"Invalid input"}'],
    [
      "/add",
      "{",
      400,
      '{"error":"Invalid JSON","detail":"Expected a name in quotes at character 2, and found the end"}',
    ],
    [
      "/add",
      "[".repeat(500),
      400,
      '{"error":"Invalid JSON","detail":"Nested deeper than 100 levels at character 101"}',
    ],
  ])("POST %s %.40s is answered with %d %s", async (path, body, status, answer) => {
    const { url } = await start();
    const reply = await fetch(url + path, { method: "POST", body });
    expect(reply.status).toBe(status);
    expect(await reply.text()).toBe(answer);
  });

  test("a body beyond maxBody is answered with 413", async () => {
    const { url } = await start({ maxBody: 50 });
    const reply = await fetch(`${url}/add`, { method: "POST", body: "x".repeat(51) });
    expect(reply.status).toBe(413);
    expect(await reply.json()).toEqual({
      error: "Request too large",
      detail: "The request body is larger than 50 bytes",
    });
  });

  test("a POST that breaks off in the middle harms nobody", async () => {
    const { port, url, service } = await start();
    const half = Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => void socket.write("POST /add HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"),
        data() {},
      },
    });
    await until(() => service.stats().held_bytes! > 0);
    (await half).terminate();
    await until(() => service.stats().requests_aborted_total === 1);
    expect((await fetch(`${url}/add?a=1&b=2`)).status).toBe(200);
  });

  test("an unknown path is answered with 404, what there is, and the nearest name", async () => {
    const { url } = await start();
    const reply = await fetch(`${url}/ad?a=1&b=2`);
    expect(reply.status).toBe(404);
    expect(await reply.json()).toEqual({
      error: "Not found",
      detail: "There is nothing at /ad. Did you mean /add?",
      operations: labOperations.flatMap(({ name, aliases }) => [name, ...aliases]),
    });
    expect((await fetch(`${url}/%zz`)).status).toBe(404);
    expect((await fetch(`${url}/constructor`)).status).toBe(404);
    expect((await fetch(`${url}/a/b/c`, { method: "POST" })).status).toBe(404);
  });

  test("the answer to an unknown path has no credentials of it, because observers see the answer", async () => {
    const { port } = await start();
    for (const [path, shown] of [
      ["//ani:abc@x/add", "//***@x/add"],
      ["/nope;token=abc", "/nope;token=***"],
    ]) {
      const client = await RawClient.connect(port);
      client.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect((await client.all()).toString()).toContain(`"There is nothing at ${shown}."`);
    }
  });

  test.each(["/", "/docs", "/openapi.json"])(
    "PUT %s is answered with 405 and what is allowed",
    async (path) => {
      const { url } = await start();
      const reply = await fetch(url + path, { method: "PUT", body: "x" });
      expect(reply.status).toBe(405);
      expect(reply.headers.get("allow")).toBe("GET, HEAD, OPTIONS");
      expect(await reply.json()).toMatchObject({ error: "Method not allowed" });
    },
  );

  test.each(["/add?a=5&b=9", "/add?a=x", "/", "/docs", "/nope"])(
    "HEAD %s has the head of GET and no body",
    async (path) => {
      const { port } = await start();
      const ask = (method: string) =>
        rawHttp(port, `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      const [get, head] = [await ask("GET"), await ask("HEAD")];
      expect(head.status).toBe(get.status);
      expect(head.body).toBe("");
      for (const name of ["content-type", "content-length"])
        expect(head.headers.get(name)).toBe(get.headers.get(name));
    },
  );

  test("answers HTTP/1.0 without a Host, and refuses what is no Host, a fragment and a coding in its own words", async () => {
    const { port } = await start();
    expect((await rawHttp(port, "GET /docs HTTP/1.0\r\n\r\n")).status).toBe(200);
    expect((await rawHttp(port, "GET /add?a=1&b=2 HTTP/1.0\r\n\r\n")).body).toBe('{"result":3}');
    const refused = await rawHttp(port, "GET /docs HTTP/1.1\r\nHost: a b\r\n\r\n");
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.body)).toEqual({
      error: "Bad request",
      detail: expect.stringContaining("Host"),
    });
    expect((await rawHttp(port, "GET /add?a=1&b=2#x HTTP/1.1\r\nHost: x\r\n\r\n")).status).toBe(400);
    const coded = "POST /add HTTP/1.0\r\nContent-Encoding: br\r\nContent-Length: 1\r\n\r\nx";
    expect(JSON.parse((await rawHttp(port, coded)).body)).toMatchObject({
      error: "Unsupported content coding",
    });
  });

  test("/ lists the operations, and leads a browser to the page", async () => {
    const { url } = await start();
    const listed = z.object({ operations: z.array(z.unknown()) }).parse(await (await fetch(url)).json());
    expect(listed.operations).toHaveLength(labOperations.length);
    expect(listed.operations[1]).toEqual({
      name: "sub",
      aliases: ["subtract"],
      expression: "a - b",
      example: "/sub?a=5&b=9",
    });
    const page = await fetch(url, { headers: { accept: "text/html,*/*" }, redirect: "manual" });
    expect([page.status, page.headers.get("location")]).toEqual([302, "/docs"]);
  });

  test("shows requests and replies in the words of the demos", async () => {
    const { url, events } = await start({}, { observe: true });
    await (await fetch(`${url}/add?a=5&b=9`)).text();
    await (await fetch(`${url}/div`, { method: "POST", body: '{"a":1,"b":0}' })).text();
    await (await fetch(`${url}/docs`, { method: "POST", body: "x" })).text();
    await (await fetch(`${url}/docs`)).text();
    const said = events.flatMap((event) => (event.kind === "message" ? [event.text] : []));
    expect(said).toEqual([
      "Received: GET /add?a=5&b=9",
      'Sent: 200 {"result":14}',
      'Received: POST /div {"a":1,"b":0}',
      'Sent: 400 {"error":"Division by zero"}',
      "Received: POST /docs x",
      expect.stringContaining("Sent: 405 "),
      "Received: GET /docs",
      expect.stringMatching(/^Sent: 200 text\/html; charset=utf-8 \d+ characters$/),
    ]);
  });

  test("two services run side by side with their own operations", async () => {
    const one = await startRole(rest, {}, { service: "one", operations: labOperations.slice(0, 1) });
    const two = await startRole(rest, {}, { service: "two", operations: labOperations.slice(1) });
    expect((await fetch(`http://127.0.0.1:${one.port}/sub?a=1&b=2`)).status).toBe(404);
    expect((await fetch(`http://127.0.0.1:${two.port}/sub?a=1&b=2`)).status).toBe(200);
  });
});
