import { describe, expect, test } from "bun:test";
import { StartError } from "../../../src/core/errors.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rawHttp } from "../../support/raw-http.ts";
import { rejects } from "../../support/rejects.ts";
import { until } from "../../support/until.ts";
import { answering, bodiesOf, echo, get, post, serve, text } from "./serve.ts";

async function failure(...args: Parameters<typeof serve>): Promise<StartError> {
  const error = await serve(...args).catch((thrown: unknown) => thrown);
  if (error instanceof StartError) return error;
  throw new Error("it started");
}

describe("starting", () => {
  test("a port in use, a foreign address and a name without one say what to change", async () => {
    const { port } = await serve();
    const inUse = await failure(echo, { port });
    expect(inUse.code).toBe("port-in-use");
    expect(inUse.message).toContain(`Cannot start "web" on TCP 127.0.0.1:${port}`);
    expect(inUse.message).toContain("--set services.web.port");
    for (const host of ["203.0.113.1", "no-such-host.invalid"]) {
      const foreign = await failure(echo, { host });
      expect(foreign.code).toBe("bad-address");
      expect(foreign.message).toContain("services.web.host");
    }
  });

  test("a port that threads share is no port for a second program, and a thread that joins shares it", async () => {
    const first = await serve(echo, {}, { thread: 1 });
    expect((await failure(echo, { port: first.port }, { thread: 1 })).code).toBe("port-in-use");
    expect((await failure(echo, { port: first.port })).code).toBe("port-in-use");
    const second = await serve(echo, { port: first.port }, { thread: 2, joins: true });
    expect(second.port).toBe(first.port);
    for (let count = 1; count <= 10; count++) {
      await (await fetch(first.url, { headers: { connection: "close" } })).text();
      expect(first.server.stats().requests_total! + second.server.stats().requests_total!).toBe(count);
    }
  });
});

describe("a reply", () => {
  test("has its date, its headers as the handler writes them, and its length", async () => {
    const { port } = await serve();
    const client = await RawClient.connect(port);
    client.write(get("/x", "Connection: close"));
    expect((await client.all()).toString()).toMatch(
      /^HTTP\/1\.1 200 OK\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\nContent-Type: text\/plain\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET \/x $/,
    );
  });

  test("is counted by the class of its status", async () => {
    const { url, server } = await serve(
      answering(({ target }) => ({ status: Number(target.slice(1)), headers: {}, body: "" })),
    );
    for (const code of [200, 204, 301, 302, 304, 404, 500]) {
      await (await fetch(`${url}${code}`, { redirect: "manual" })).text();
    }
    expect(server.stats()).toMatchObject({
      requests_total: 7,
      responses_2xx_total: 2,
      responses_3xx_total: 3,
      responses_4xx_total: 1,
      responses_5xx_total: 1,
    });
  });

  test("to HEAD is that to GET without its body, and the next request is read", async () => {
    const { port } = await serve();
    const client = await RawClient.connect(port);
    client.write(`HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n${get("/y", "Connection: close")}`);
    const [head, next] = (await client.all()).toString().split(/(?<=\r\n\r\n)(?=HTTP)/);
    expect(head).toContain("Content-Length: 7\r\n");
    expect(head).toEndWith("\r\n\r\n");
    expect(next).toEndWith("\r\n\r\nGET /y ");
  });

  test("without a body has no length where the status says so, and 0 elsewhere", async () => {
    const { port } = await serve(
      answering(({ target }) => ({ status: Number(target.slice(1)), headers: {}, body: "" })),
    );
    const lengthOf = async (target: string) =>
      (await rawHttp(port, get(target, "Connection: close"))).headers.get("content-length");
    expect([await lengthOf("/204"), await lengthOf("/304"), await lengthOf("/200")]).toEqual([
      undefined,
      undefined,
      "0",
    ]);
  });

  test("counts bytes, whatever characters it has, and may be bytes", async () => {
    const { url } = await serve(
      answering(({ target }) =>
        target === "/text" ? text("Suhu: 28°C €") : { ...text(""), body: Uint8Array.of(0xff, 0) },
      ),
    );
    expect(await (await fetch(`${url}text`)).text()).toBe("Suhu: 28°C €");
    expect(await (await fetch(`${url}bytes`)).bytes()).toEqual(Uint8Array.of(0xff, 0));
  });

  test("cannot write another header field", async () => {
    const { port } = await serve(
      answering(() => ({ status: 200, headers: { "X-A": "b\r\nX-C: d\0é" }, body: "" })),
    );
    expect((await rawHttp(port, get("/", "Connection: close"))).headers.get("x-a")).toBe("b??X-C: d??");
  });

  test("of megabytes reaches a client that begins to read late, and does not stop others", async () => {
    const body = "x".repeat(20_000_000);
    const { port, url } = await serve(
      answering(({ target }) => text(target === "/large" ? body : "small")),
      { maxBuffered: 100_000_000 },
    );
    const client = await RawClient.connect(port);
    client.pause();
    client.write(get("/large", "Connection: close"));
    expect(await (await fetch(url)).text()).toBe("small");
    client.resume();
    expect((await client.all()).length).toBeGreaterThan(20_000_000);
  });
});

describe("requests on one connection", () => {
  test("that come together are answered in their order, also when the handler takes its time", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { port } = await serve(
      answering(async ({ target }) => {
        if (target === "/slow") await promise;
        return text(target);
      }),
    );
    const client = await RawClient.connect(port);
    client.write(get("/slow") + get("/2") + get("/3", "Connection: close"));
    resolve();
    expect(bodiesOf((await client.all()).toString())).toEqual(["/slow", "/2", "/3"]);
  });

  test("of which there are thousands are all answered, and other clients between them", async () => {
    const { port, server } = await serve();
    const [client, other] = [await RawClient.connect(port), await RawClient.connect(port)];
    client.write(get("/").repeat(4999) + get("/", "Connection: close"));
    other.write(get("/"));
    const answered = other.text(12).then(() => server.stats().requests_total);
    expect((await client.all()).toString().match(/HTTP\/1\.1 200/g)?.length).toBe(5000);
    expect(await answered).toBeLessThan(5001);
  });

  test("may come in any pieces", async () => {
    const { port } = await serve();
    const client = await RawClient.connect(port);
    const chunked =
      "POST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nA: b\r\n\r\n";
    const last = "POST /3 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi";
    for (const byte of `\r\n${get("/1")}${chunked}${last}`) {
      client.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(bodiesOf((await client.all()).toString())).toEqual(["GET /1 ", "POST /2 abc", "POST /3 hi"]);
  });

  test("are read until the client closes, and HTTP/1.0 asks for that", async () => {
    const { port } = await serve();
    const old = await RawClient.connect(port);
    old.write(
      "GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\nGET /3 HTTP/1.0\r\n\r\n",
    );
    const replies = (await old.all()).toString();
    expect(bodiesOf(replies)).toEqual(["GET /1 ", "GET /2 "]);
    expect(replies.match(/Connection: [\w-]+/g)).toEqual(["Connection: keep-alive", "Connection: close"]);
    const half = await RawClient.connect(port);
    half.write(get("/1") + get("/2"));
    half.end();
    expect(bodiesOf((await half.all()).toString())).toEqual(["GET /1 ", "GET /2 "]);
  });
});

describe("a body", () => {
  test("is read up to the limit", async () => {
    const { port } = await serve();
    expect((await rawHttp(port, post(1000, "x".repeat(1000)))).body).toHaveLength(1007);
    expect(await rawHttp(port, post(0, ""))).toMatchObject({ status: 200, body: "POST / " });
  });

  test("beyond the limit is refused before it is sent, and in chunks as soon as it is known", async () => {
    const { port, url } = await serve();
    const reply = await rawHttp(port, post(1001, ""));
    expect(reply).toMatchObject({ status: 413, body: "The request body is larger than 1000 bytes" });
    expect(reply.headers.get("connection")).toBe("close");
    const chunk = new Uint8Array(60);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
    expect((await fetch(url, { method: "POST", body: endless })).status).toBe(413);
  });

  test("is asked for when the client waits for that, unless it is too large", async () => {
    const { port } = await serve();
    const head = (length: number) =>
      `POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n`;
    const client = await RawClient.connect(port);
    client.write(head(2));
    expect(await client.text(25)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    client.write("hi");
    expect((await client.all()).toString()).toEndWith("POST / hi");
    const eager = await RawClient.connect(port);
    eager.write(`${head(2)}hi`);
    expect((await eager.all()).toString()).toStartWith("HTTP/1.1 200");
    const large = await RawClient.connect(port);
    large.write(head(1001));
    expect((await large.all()).toString()).toStartWith("HTTP/1.1 413");
  });

  test("in a coding is refused with 415, and the connection goes on", async () => {
    const { port } = await serve();
    const client = await RawClient.connect(port);
    const coded = (coding: string) =>
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: ${coding}\r\nContent-Length: 1\r\n\r\nx`;
    client.write(coded("gzip") + coded("identity") + get("/", "Connection: close"));
    const replies = (await client.all()).toString();
    expect(replies.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 415", "HTTP/1.1 200", "HTTP/1.1 200"]);
    expect(replies).toContain("Content-Encoding gzip is not accepted: send the body as it is");
  });

  test("of a client that leaves in the middle is nobody's error", async () => {
    const { port, server, log } = await serve();
    const client = await RawClient.connect(port);
    client.write(post(50, "half"));
    await until(() => server.stats().held_bytes! > 0);
    client.reset();
    await until(() => server.stats().requests_aborted_total === 1);
    expect(log).toEqual([]);
    expect(server.stats()).toMatchObject({ requests_total: 0, held_bytes: 0 });
    const ending = await RawClient.connect(port);
    ending.write(post(50, "half"));
    ending.end();
    await ending.closed;
    expect(server.stats().requests_aborted_total).toBe(2);
  });

  test.each([
    ["a head", "GET / HT"],
    ["a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nx"],
    ["a chunked body", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"],
  ])("or head that does not come in time is answered 408, and its connection closed: %s", async (_, half) => {
    const { port, server, log } = await serve(echo, { requestTimeout: 100 });
    const reply = await rawHttp(port, half);
    expect(reply).toMatchObject({ status: 408, body: "The request did not arrive in time" });
    expect(reply.headers.get("connection")).toBe("close");
    expect(server.stats()).toMatchObject({ responses_4xx_total: 1, responses_5xx_total: 0 });
    expect(log).toEqual([]);
  });
});

describe("what is no request", () => {
  test("is answered and its connection closed, and the next client is served", async () => {
    const { port, url } = await serve();
    expect((await rawHttp(port, "\x16\x03\x01\x00\xa5 garbage\r\n\r\n")).status).toBe(400);
    expect((await rawHttp(port, "x".repeat(1_000_000))).status).toBe(431);
    const replies = (await rawHttp(port, `${get("/1")}GET /2 HTTP/1.1\r\n\r\n${get("/3")}`)).body;
    expect(replies).toMatch(/^GET \/1 HTTP\/1\.1 400 .*Host$/s);
    expect(await (await fetch(url)).text()).toBe("GET / ");
  });

  test("gets no body when it is HEAD", async () => {
    const { port } = await serve();
    for (const field of ["A : b", "Expect: more"]) {
      const client = await RawClient.connect(port);
      client.write(`HEAD / HTTP/1.1\r\nHost: x\r\n${field}\r\n\r\n`);
      expect((await client.all()).toString()).toMatch(/^HTTP\/1\.1 4(?:00|17) .*\r\n\r\n$/s);
    }
  });

  test("gets one answer alone, so that no proxy takes another for its own", async () => {
    const { port } = await serve();
    const client = await RawClient.connect(port);
    client.write(
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${get("/smuggled")}`,
    );
    expect((await client.all()).toString().match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 400"]);
  });
});

describe("a handler", () => {
  test("that throws costs its own request, and the log says why", async () => {
    const { url, log, server } = await serve(
      answering(({ target }) => {
        if (target === "/sync") throw new Error("sync trouble");
        return target === "/async" ? Promise.reject(new Error("async trouble")) : text("hello");
      }),
    );
    for (const path of ["sync", "async"]) {
      const reply = await fetch(url + path);
      expect([reply.status, await reply.text()]).toEqual([500, "Internal server error"]);
    }
    expect(await (await fetch(url)).text()).toBe("hello");
    expect(log).toEqual([
      expect.stringMatching(/^Could not answer 127\.0\.0\.1:\d+: sync trouble$/),
      expect.stringMatching(/^Could not answer 127\.0\.0\.1:\d+: async trouble$/),
    ]);
    expect(server.stats()).toMatchObject({ requests_failed_total: 2, responses_5xx_total: 2 });
  });

  test("learns that its client has left, and its late answer goes nowhere", async () => {
    const { promise: left, resolve: hasLeft } = Promise.withResolvers<unknown>();
    const { promise, resolve } = Promise.withResolvers<void>();
    const { port, server } = await serve(
      answering(async ({ signal }) => {
        signal.addEventListener("abort", () => hasLeft(signal.reason));
        await promise;
        return text("late");
      }),
    );
    const client = await RawClient.connect(port);
    client.write(get("/"));
    await until(() => server.stats().bytes_received_total! > 0);
    client.reset();
    expect(await left).toMatchObject({ name: "AbortError" });
    resolve();
    await new Promise((done) => setImmediate(done));
    expect(server.stats()).toMatchObject({ requests_aborted_total: 1, requests_total: 0 });
  });

  test("keeps the request that it answers later, whatever comes meanwhile", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { port } = await serve(
      answering(async (request) => {
        if (request.target === "/slow") await promise;
        return text(`${request.target} ${request.header("a")} ${Buffer.from(request.body)}`);
      }),
    );
    const client = await RawClient.connect(port);
    client.write("POST /slow HTTP/1.1\r\nHost: x\r\nA: one\r\nContent-Length: 3\r\n\r\nabc");
    const other = await RawClient.connect(port);
    other.write(get("/other", "A: two", "Connection: close"));
    expect((await other.all()).toString()).toEndWith("/other two ");
    client.write(get("/next", "A: three", "Connection: close"));
    resolve();
    expect(bodiesOf((await client.all()).toString())).toEqual(["/slow one abc", "/next three "]);
  });
});

/** A stream to which the test writes. */
function openStream() {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(one) {
      controller = one;
    },
    cancel: () => resolve(),
  });
  return {
    stream,
    cancelled,
    write: (line: string) => controller?.enqueue(Buffer.from(line)),
    end: () => controller?.close(),
    fail: () => controller?.error(new Error("broken")),
  };
}

const streaming = (body: ReadableStream<Uint8Array>) => ({ ...text(""), body });

describe("a stream", () => {
  test("is sent as it comes, in chunks, and the next request is answered after it", async () => {
    const { stream, write, end } = openStream();
    const { port } = await serve(
      answering(({ target }) => (target === "/s" ? streaming(stream) : text("next"))),
    );
    const client = await RawClient.connect(port);
    client.write(get("/s") + get("/n", "Connection: close"));
    await until(() => client.received.includes("\r\n\r\n"));
    const head = await client.text(client.received.indexOf("\r\n\r\n") + 4);
    expect(head).toContain("Transfer-Encoding: chunked\r\n");
    expect(head).not.toContain("Content-Length");
    write("one");
    expect(await client.text(8)).toBe("3\r\none\r\n");
    write("ä");
    expect(await client.text(7)).toBe("2\r\nä\r\n");
    end();
    expect((await client.all()).toString()).toMatch(/^0\r\n\r\nHTTP\/1\.1 200 OK\r\n.*next$/s);
  });

  test("to HTTP/1.0 ends with the connection, and to HEAD is not read", async () => {
    const unread = openStream();
    const short = openStream();
    short.write("done");
    short.end();
    const { port } = await serve(answering(({ isHead }) => streaming(isHead ? unread.stream : short.stream)));
    const head = await rawHttp(port, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect(head).toMatchObject({ status: 200, body: "" });
    await unread.cancelled;
    const old = await rawHttp(port, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    expect([old.headers.get("transfer-encoding"), old.headers.get("connection"), old.body]).toEqual([
      undefined,
      "close",
      "done",
    ]);
  });

  test("is cancelled when its client leaves", async () => {
    const { stream, write, cancelled } = openStream();
    const { port, server } = await serve(answering(() => streaming(stream)));
    const client = await RawClient.connect(port);
    client.write(get("/"));
    await until(() => client.received.length > 0);
    client.reset();
    write("x");
    await cancelled;
    await until(() => server.clients().length === 0);
    expect(server.stats().requests_aborted_total).toBe(1);
  });

  test("that fails breaks the connection off, so that nobody takes it for whole", async () => {
    const { stream, write, fail } = openStream();
    const { port, log } = await serve(answering(() => streaming(stream)));
    const client = await RawClient.connect(port);
    client.write(get("/"));
    write("x");
    await until(() => client.received.includes("1\r\nx\r\n"));
    fail();
    await client.closed;
    expect(client.received.toString()).not.toContain("0\r\n\r\n");
    expect(log).toEqual([expect.stringContaining("broken")]);
  });

  test("waits for a client that reads slowly", async () => {
    let pulls = 0;
    const chunk = new Uint8Array(1_000_000);
    const endless = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls++;
          controller.enqueue(chunk);
        },
      },
      { highWaterMark: 0 },
    );
    const { port, server } = await serve(answering(() => streaming(endless)));
    const client = await RawClient.connect(port);
    client.pause();
    client.write(get("/"));
    await until(() => pulls > 1);
    for (let turn = 0; turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect([pulls < 30, server.stats().held_bytes! < 5_000_000]).toEqual([true, true]);
  });
});

describe("connections", () => {
  test("above the limit are closed, and the others are served", async () => {
    const { port, log, server } = await serve(echo, { maxConnections: 2 });
    const clients: RawClient[] = [];
    for (let count = 0; count < 2; count++) {
      const client = await RawClient.connect(port);
      client.write(get("/"));
      expect(await client.text(12)).toBe("HTTP/1.1 200");
      clients.push(client);
    }
    const third = await RawClient.connect(port);
    third.write(get("/"));
    await third.closed;
    expect(third.received.length).toBe(0);
    expect(log.join()).toContain("maxConnections is 2");
    clients[0]?.end();
    await until(() => server.clients().length === 1);
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
  });

  test("without a free descriptor are closed, and the reason logged", async () => {
    const full = { limit: 64, shared: 0, reserved: 0, share: 0 };
    const { port, server, log } = await serve(echo, {}, { descriptors: full });
    const client = await RawClient.connect(port);
    client.write(get("/"));
    await client.closed;
    expect(server.stats()).toMatchObject({ connections: 0, connections_refused_total: 1, requests_total: 0 });
    expect(log).toEqual([expect.stringContaining("nearly all of the 64 file descriptors")]);
  });

  test("that ask nothing more are closed after the idle timeout", async () => {
    const { port } = await serve(echo, { idleTimeout: 100 });
    const client = await RawClient.connect(port);
    client.write(get("/"));
    expect((await client.all()).toString()).toStartWith("HTTP/1.1 200");
  });

  test("whose answer takes longer than the idle timeout get it", async () => {
    const answer = Promise.withResolvers<string>();
    const { port, server } = await serve(
      answering(async ({ target }) => text(target === "/slow" ? await answer.promise : "")),
      { idleTimeout: 40 },
    );
    const patient = await RawClient.connect(port);
    patient.write(get("/slow", "Connection: close"));
    // Another one is closed twice over meanwhile.
    for (let count = 0; count < 2; count++) await (await RawClient.connect(port)).ended;
    expect(server.stats().connections_idle_closed_total).toBe(2);
    answer.resolve("late");
    expect((await patient.all()).toString()).toEndWith("\r\n\r\nlate");
  });

  test("that read none of what they asked for hold it, and too much together is too much", async () => {
    const { port, server, log } = await serve(
      answering(() => text("x".repeat(1_000_000))),
      {
        maxBuffered: 20_000_000,
      },
    );
    const clients: RawClient[] = [];
    while (log.length === 0 && clients.length < 100) {
      const client = await RawClient.connect(port);
      client.pause();
      client.write(get("/").repeat(20));
      clients.push(client);
      await fetch(`http://127.0.0.1:${port}/`);
      expect(server.stats().held_bytes).toBeLessThanOrEqual(20_000_000);
    }
    expect(log).toEqual([expect.stringContaining("maxBuffered")]);
  });

  test("that send on while they wait for an answer hold what they send", async () => {
    const never = Promise.withResolvers<never>();
    const { port, server } = await serve(answering(() => never.promise));
    const client = await RawClient.connect(port);
    client.write(get("/"));
    await until(() => server.stats().requests_total === 0 && server.clients().length === 1);
    client.write("x".repeat(100_000));
    await until(() => server.stats().held_bytes! > 0);
    client.reset();
    await until(() => server.stats().held_bytes === 0);
  });

  test("hold many times what they have sent, until it is answered", async () => {
    const answer = Promise.withResolvers<string>();
    const { port, server } = await serve(answering(async () => text(await answer.promise)));
    const client = await RawClient.connect(port);
    client.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n${"x".repeat(500)}`);
    await until(() => server.stats().held_bytes! >= 5000);
    answer.resolve("done");
    await until(() => client.received.includes("done"));
    expect(server.stats().held_bytes).toBe(0);
  });

  test("that hold too much together lose the one that has done so longest", async () => {
    const { port, server, log } = await serve(echo, { maxBuffered: 3000 });
    const half = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n${"x".repeat(900)}`;
    const clients: RawClient[] = [];
    for (let count = 1; count <= 4; count++) {
      const client = await RawClient.connect(port);
      client.write(half);
      clients.push(client);
      if (count < 4) await until(() => server.stats().held_bytes! >= count * 900);
    }
    await clients[0]!.closed;
    expect(log).toEqual([expect.stringContaining("maxBuffered")]);
    for (const client of clients.slice(1)) {
      client.write("x".repeat(100));
      expect(await client.text(12)).toBe("HTTP/1.1 200");
    }
    expect(server.stats().held_bytes).toBe(0);
  });
});

test("a stop closes idle connections at once, answers requests that have begun, and drops them at the deadline", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { server, port } = await serve(
    answering(async (request) => {
      if (request.target === "/slow") await promise;
      return echo.answer(request);
    }),
  );
  const [idle, asking, slow, stuck] = [
    await RawClient.connect(port),
    await RawClient.connect(port),
    await RawClient.connect(port),
    await RawClient.connect(port),
  ];
  idle.write(get("/"));
  expect(await idle.text(12)).toBe("HTTP/1.1 200");
  const begun = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1";
  for (const client of [asking, stuck]) client.write(begun);
  slow.write(get("/slow"));
  const sent = get("/").length + 2 * begun.length + get("/slow").length;
  await until(() => server.stats().bytes_received_total === sent);
  const deadline = new AbortController();
  const stopped = server.stop(deadline.signal);
  await idle.ended;
  await rejects(RawClient.connect(port));
  asking.write("2");
  resolve();
  for (const [client, body] of [
    [asking, "POST / 12"],
    [slow, "GET /slow "],
  ] as const) {
    const answer = (await client.all()).toString();
    expect(answer).toEndWith(body);
    expect(answer).toContain("Connection: close");
    client.end();
  }
  deadline.abort();
  await stuck.ended;
  await stopped;
  expect(server.clients()).toEqual([]);
});

describe("what goes wrong on the way", () => {
  test("each request has its own time, however the packets cut them", async () => {
    const { port, server } = await serve(echo, { requestTimeout: 600 });
    const [client, slow] = [await RawClient.connect(port), await RawClient.connect(port)];
    const request = get("/");
    client.write(request.slice(0, 10));
    // Until one that has begun later, and does not go on, has had its time.
    for (let count = 1; !slow.received.includes("408"); count++) {
      client.write(request.slice(10) + request.slice(0, 10));
      await until(() => server.stats().responses_2xx_total === count);
      if (count === 1) slow.write("GET");
    }
    client.write(request.slice(10) + get("/last", "Connection: close"));
    const replies = (await client.all()).toString();
    expect(replies).not.toContain("408");
    expect(replies).toEndWith("GET /last ");
  });

  test("a line end too many after a body begins no request", async () => {
    const { port, server } = await serve(echo, { requestTimeout: 50 });
    const client = await RawClient.connect(port);
    client.write("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1\r\n");
    await until(() => server.stats().requests_total === 1);
    // One that begins now has had its time.
    const slow = await RawClient.connect(port);
    slow.write("GET");
    expect((await slow.all()).toString()).toContain("408");
    client.write(get("/b", "Connection: close"));
    expect(bodiesOf((await client.all()).toString())).toEqual(["POST /a 1", "GET /b "]);
  });

  test("an answer that cannot be written ends the connection, and the log says why", async () => {
    const { port, log } = await serve(
      answering(async () => ({ ...text("x"), headers: { A: 1 as unknown as string } })),
    );
    const client = await RawClient.connect(port);
    client.write(get("/"));
    expect((await client.all()).length).toBe(0);
    expect(log.join("\n")).toContain("Could not answer");
  });

  test("a client that reads nothing is not answered ahead without end, by a slow handler either", async () => {
    const large = "x".repeat(50_000);
    let answered = 0;
    const { port, server } = await serve(
      answering(async ({ target }) => {
        if (target === "/other") return text("x");
        answered++;
        return text(large);
      }),
    );
    const [client, other] = [await RawClient.connect(port), await RawClient.connect(port)];
    client.pause();
    client.write(get("/").repeat(2000));
    const reply = `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nContent-Length: 1\r\n\r\nx`;
    let before: number;
    // Until it gets nothing while another one is answered a hundred times.
    do {
      before = answered;
      for (let count = 0; count < 100; count++) {
        other.write(get("/other"));
        await other.bytes(reply.length);
      }
    } while (answered === 0 || answered !== before);
    expect(answered).toBeLessThan(1000);
    expect(server.stats().held_bytes).toBeLessThan(5_000_000);
    // It is kept waiting, and not expelled for what it makes the server hold.
    expect(server.clients()).toHaveLength(2);
  });

  test("a status without a body stays without one when a stream is given", async () => {
    const { port } = await serve(
      answering(() => ({ status: 204, headers: {}, body: new Blob(["oops"]).stream() })),
    );
    const client = await RawClient.connect(port);
    client.write(get("/") + get("/", "Connection: close"));
    const replies = (await client.all()).toString();
    expect(replies.match(/204 No Content/g)).toHaveLength(2);
    expect(replies).not.toMatch(/oops|chunked/);
  });

  test("codings of a body in several fields are one list", async () => {
    const { port } = await serve();
    const client = await RawClient.connect(port);
    client.write(get("/", "Content-Encoding: gzip", "Content-Encoding: identity", "Connection: close"));
    expect((await client.all()).toString()).toStartWith("HTTP/1.1 415 ");
  });

  test("a body in chunks of one byte each arrives whole, and what is held for it is counted", async () => {
    const { port, server } = await serve();
    const client = await RawClient.connect(port);
    const body = Array.from({ length: 900 }, (_, index) => String(index % 10)).join("");
    const chunks = [...body].map((digit) => `1\r\n${digit}\r\n`).join("");
    client.write(
      `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}`,
    );
    await until(() => server.stats().held_bytes! >= 900);
    expect(server.stats().held_bytes).toBeLessThan(2100);
    client.write("0\r\n\r\n");
    expect((await client.all()).toString()).toEndWith(`POST / ${body}`);
    await until(() => server.stats().held_bytes === 0);
  });
});
