// Message events have the bytes as they went over the wire.

import { expect, test } from "bun:test";
import { createSocket } from "node:dgram";
import type { TrafficEvent } from "../../src/core/traffic.ts";
import { echo } from "../../src/roles/echo/index.ts";
import { jsonrpc } from "../../src/roles/jsonrpc/index.ts";
import { oneway } from "../../src/roles/oneway/index.ts";
import { rest } from "../../src/roles/rest/index.ts";
import { soap } from "../../src/roles/soap/index.ts";
import { time } from "../../src/roles/time/index.ts";
import { udp } from "../../src/roles/udp/index.ts";
import { zmqRep } from "../../src/roles/zmq/index.ts";
import { labOperations } from "../support/lab-operations.ts";
import { RawClient } from "../support/raw-client.ts";
import { startRole } from "../support/start-role.ts";
import { until } from "../support/until.ts";
import { ZmtpClient } from "../support/zmtp.ts";

const observe = true;

function messages(events: readonly TrafficEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === "message"
      ? [`${event.direction} ${Buffer.from(event.bytes ?? []).toString("latin1")}`]
      : [],
  );
}

async function exchange(port: number, request: string, replyLength: number): Promise<void> {
  const client = await RawClient.connect(port);
  client.write(request);
  await client.bytes(replyLength);
}

test("echo shows the request and the reply", async () => {
  const { port, events } = await startRole(echo, {}, { observe });
  await exchange(port, "halo", 10);
  await until(() => messages(events).length === 2);
  expect(messages(events)).toEqual(["in halo", "out Echo: halo"]);
});

test("oneway shows what came", async () => {
  const { port, events } = await startRole(oneway, {}, { observe });
  await exchange(port, "satu arah", 0);
  await until(() => messages(events).length === 1);
  expect(messages(events)).toEqual(["in satu arah"]);
});

test("time shows its answer", async () => {
  const { port, events } = await startRole(time, { threads: 0 }, { observe });
  await exchange(port, "TIME\r\n", 14);
  await until(() => messages(events).length === 2);
  expect(messages(events)[1]).toMatch(/^out JAM \d\d:\d\d:\d\d\r\n$/);
});

test("udp shows both datagrams", async () => {
  const { port, events } = await startRole(udp, {}, { observe });
  const socket = createSocket("udp4");
  socket.send("halo", port, "127.0.0.1");
  await until(() => messages(events).length === 2);
  socket.close();
  expect(messages(events)[0]).toBe("in halo");
  expect(messages(events)[1]).toMatch(/^out Hello, \('127.0.0.1', \d+\). You said: halo$/);
});

test("zmq-rep shows the frames, one after the other", async () => {
  const { port, events } = await startRole(zmqRep, {}, { observe });
  const client = await ZmtpClient.connect(port, "REQ");
  client.send("", "ha", "lo");
  await client.receive();
  await until(() => messages(events).length === 2);
  expect(messages(events)).toEqual(["in halo", "out World"]);
});

test("rest shows head and body, and credentials only as asterisks", async () => {
  const { port, events } = await startRole(rest, {}, { observe, operations: labOperations });
  const headers = { authorization: "Bearer geheim", cookie: "id=geheim" };
  await fetch(`http://127.0.0.1:${port}/add?a=5&b=9`, { headers });
  await until(() => messages(events).length === 2);
  const [request, reply] = messages(events);
  expect(request).toStartWith("in GET /add?a=5&b=9 HTTP/1.1\r\n");
  expect(request?.toLowerCase()).toContain(`authorization: ${"*".repeat("Bearer geheim".length)}\r\n`);
  expect(reply).toStartWith("out HTTP/1.1 200 OK\r\n");
  expect(reply).toEndWith('\r\n\r\n{"result":14}');
  const all = events.map((event) => ("bytes" in event ? Buffer.from(event.bytes ?? []).toString() : ""));
  expect(all.join()).not.toContain("geheim");
  const [first] = events.flatMap((event) => (event.kind === "message" ? [event.fields] : []));
  expect(first).toEqual({ method: "GET", path: "/add?a=5&b=9" });
});

test("jsonrpc shows the call with its body", async () => {
  const { port, events } = await startRole(jsonrpc, {}, { observe, operations: labOperations });
  const body = '{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}';
  await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body });
  await until(() => messages(events).length === 2);
  expect(messages(events)[0]).toEndWith(`\r\n\r\n${body}`);
  expect(messages(events)[1]).toEndWith('{"jsonrpc":"2.0","result":3,"id":1}');
});

test("soap shows heads and bodies", async () => {
  const { port, events } = await startRole(soap, {}, { observe, operations: labOperations });
  await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "no envelope" });
  await until(() => messages(events).length === 2);
  expect(messages(events)[0]).toMatch(/^in POST \/ HTTP\/1\.1\r\n.*\r\n\r\nno envelope$/s);
  expect(messages(events)[1]).toContain("Client.XMLSyntaxError");
});
