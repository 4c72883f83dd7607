import { describe, expect, test } from "bun:test";
import type { TrafficEvent } from "../../../src/core/traffic.ts";
import { RawClient } from "../../support/raw-client.ts";
import { until } from "../../support/until.ts";
import { answering, echo, get, serve } from "./serve.ts";

describe("traffic", () => {
  const summary = (events: readonly TrafficEvent[]) =>
    events.map((event) =>
      event.kind === "bytes"
        ? `${event.direction} ${Buffer.from(event.bytes).toString().split("\r\n")[0]}`
        : event.kind === "message"
          ? event.text
          : event.kind,
    );

  test("has a connection's opening, its requests and replies with their bytes, and its close", async () => {
    const { port, events } = await serve();
    const client = await RawClient.connect(port);
    const first =
      "POST /a?token=abc HTTP/1.1\r\nHost: Local\r\nX-Odd:  Value\r\nCookie: abc\r\nContent-Length: 2\r\n\r\nhi";
    client.write(first);
    await until(() => client.received.includes("POST"));
    client.write(get("/b", "Connection: close"));
    await client.ended;
    const replies = client.received.toString();
    client.end();
    await until(() => events.at(-1)?.kind === "close");
    expect(summary(events)).toEqual([
      "open",
      "in POST /a?token=*** HTTP/1.1",
      "in hi",
      "Received: POST /a?token=*** hi",
      "Sent: 200 text/plain 20 characters",
      "out HTTP/1.1 200 OK",
      "in GET /b HTTP/1.1",
      "Received: GET /b",
      "Sent: 200 text/plain 7 characters",
      "out HTTP/1.1 200 OK",
      "close",
    ]);
    const bytesOf = (kind: string, direction: string) =>
      Buffer.concat(
        events.flatMap((event) =>
          event.kind === kind && "direction" in event && event.direction === direction ? [event.bytes!] : [],
        ),
      ).toString();
    const shown = first.replaceAll("abc", "***") + get("/b", "Connection: close");
    expect([bytesOf("bytes", "in"), bytesOf("message", "in")]).toEqual([shown, shown]);
    expect([bytesOf("bytes", "out"), bytesOf("message", "out")]).toEqual([replies, replies]);
    expect(new Set(events.map(({ conversation }) => conversation.id))).toEqual(new Set(["web#1"]));
    expect(events[0]?.conversation).toMatchObject({
      service: "web",
      transport: "http",
      local: `127.0.0.1:${port}`,
    });
  });

  test("shows a client over IPv4 of a server on :: with its IPv4 address", async () => {
    const { port, events } = await serve(echo, { host: "::" });
    await fetch(`http://127.0.0.1:${port}/`);
    expect(events[0]?.conversation.remote).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  /** The bytes of a direction, of which each chunk begins where the one before it has ended. */
  const shown = (events: readonly TrafficEvent[], direction: "in" | "out") => {
    let bytes = Buffer.alloc(0);
    for (const event of events) {
      if (event.kind !== "bytes" || event.direction !== direction) continue;
      expect(event.offset).toBe(bytes.length);
      bytes = Buffer.concat([bytes, event.bytes]);
    }
    return bytes.toString();
  };

  test("has every byte of a body in chunks, with credentials in its trailers masked wherever they are cut", async () => {
    const body = "5\r\nhello\r\n0;a=b\r\nX-Token: secret\r\nX-Sum: 12\r\n\r\n";
    const request = `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
    const { port, events } = await serve();
    for (const pieces of [[request], request.split("")]) {
      events.length = 0;
      const client = await RawClient.connect(port);
      for (const piece of pieces) {
        client.write(piece);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect((await client.all()).toString()).toEndWith("POST / hello");
      expect(shown(events, "in")).toBe(request.replace("secret", "******"));
    }
  });

  test("has the place of a request behind line ends that nobody is shown", async () => {
    const { port, events } = await serve();
    const client = await RawClient.connect(port);
    client.write(`${get("/a")}\r\n\r\n`);
    await until(() => client.received.length > 0);
    client.write(get("/b", "Connection: close"));
    await client.all();
    const places = events.flatMap((event) =>
      event.kind === "bytes" && event.direction === "in" ? [event.offset] : [],
    );
    expect(places).toEqual([0, get("/a").length + 4]);
  });

  test("has what the server says before it answers, and a stream's chunks", async () => {
    const stream = () =>
      new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(Buffer.from("one"));
          controller.enqueue(Buffer.from("two"));
          controller.close();
        },
      });
    const { port, events } = await serve(answering(() => ({ status: 200, headers: {}, body: stream() })));
    const client = await RawClient.connect(port);
    client.write(
      "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
    );
    await until(() => client.received.length > 0);
    client.write("hi");
    expect((await client.all()).toString()).toBe(shown(events, "out"));
    expect(shown(events, "out")).toMatch(
      /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP.*3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/s,
    );
  });

  test("has what came instead of a request, without its credentials", async () => {
    const { port, events } = await serve();
    const client = await RawClient.connect(port);
    client.write("GET / HTTP/1.1\r\nCookie: abc\r\nA: b\r\nbroken\r\n\r\n");
    await client.ended;
    expect(shown(events, "in")).toBe("GET / HTTP/1.1\r\nCookie: ***\r\nA: b\r\nbroken\r\n\r\n");
    const [message] = events.filter(({ kind }) => kind === "message");
    expect(message).toMatchObject({ text: "Received: no request", bytes: Buffer.from(shown(events, "in")) });
  });

  test("has what was refused without credentials, wherever in it they are, and with every byte", async () => {
    const field = (line: string) => `GET / HTTP/1.1\r\nHost: x\r\n${line}\r\n\r\n`;
    for (const [request, status] of [
      [field("Authorization:\r\n Bearer SECRET"), 400],
      [field("Proxy-Authorization : Basic SECRET"), 400],
      ["GET http://ani:SECRET@x/add HTTP/1.1\r\nHost: x\r\n\r\n", 400],
      ["GET / HTTP/1.1\nAuthorization: Bearer SECRET\n\n", 400],
      [`${field("bad")}GET /?token=SECRET HTTP/1.1\r\nCookie: SECRET\r\n\r\n`, 400],
      [`GET / HTTP/1.1\r\nHost: x\r\nCookie: ${"SECRET".repeat(3000)}`, 431],
    ] as const) {
      const { port, events } = await serve();
      const client = await RawClient.connect(port);
      client.write(request);
      expect((await client.all()).toString()).toStartWith(`HTTP/1.1 ${status} `);
      expect(shown(events, "in").length).toBe(Math.min(request.length, 16_384));
      expect(shown(events, "in")).toStartWith("GET ");
      for (const event of events) {
        const texts = [JSON.stringify(event), "bytes" in event ? Buffer.from(event.bytes!).toString() : ""];
        expect(texts.join()).not.toContain("SECRET");
      }
    }
  });

  test("has trailers that are refused, without a credential that came in two pieces", async () => {
    const { port, events } = await serve();
    const client = await RawClient.connect(port);
    const start = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
    client.write(`${start}X-Token: SEC`);
    await until(() => shown(events, "in") === start);
    client.write("RET\r\n bad\r\n\r\n");
    expect((await client.all()).toString()).toStartWith("HTTP/1.1 400 ");
    expect(shown(events, "in")).toBe(`${start}X-Token: ******\r\n****\r\n\r\n`);
  });
});
