import { describe, test } from "bun:test";
import { AttackMonitor, testDescriptorsAreBack } from "../support/attack-monitor.ts";
import { attackMany, pump } from "../support/attacker.ts";
import { expectHealthy, wholeLab } from "../support/health.ts";
import { startLab } from "../support/lab.ts";
import { connect, publish, subscribe } from "../support/mqtt-packets.ts";
import { greeting, message, readyCommand } from "../support/zmtp.ts";

const lab = await startLab(wholeLab);
test("every service is healthy before the attacks", () => expectHealthy(lab));

/** Requests with large answers, repeated. */
const greedy: Readonly<Record<string, string | Uint8Array>> = {
  echo: Buffer.alloc(65_536, "x"),
  "file-echo": Buffer.alloc(65_536, "x"),
  upcall: Buffer.alloc(65_536, "x"),
  time: "TIME\r\n".repeat(10_000),
  rest: "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500),
  soap: "GET /?wsdl HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500),
  jsonrpc: "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500),
  "zmq-rep": message("", Buffer.alloc(60_000, "x")),
  mqtt: publish("flood", Buffer.alloc(60_000, "x")),
};

/** What must be sent before the service accepts these requests. */
const opening: Readonly<Record<string, Uint8Array>> = {
  "zmq-rep": Buffer.concat([greeting, readyCommand("REQ")]),
  mqtt: Buffer.concat([connect(""), subscribe("flood")]),
};

describe.each(Object.entries(greedy))("%s", (service, bytes) => {
  test("does not grow for twenty clients that send requests and never read", async () => {
    const monitor = new AttackMonitor(lab, service);
    const neverReads = await attackMany(lab.port(service), 20, { neverReads: true });
    for (const { socket } of neverReads) {
      const first = opening[service];
      if (first !== undefined) socket.write(first);
    }
    await Promise.all(neverReads.map((attacker) => pump(attacker, Buffer.from(bytes), 20_000_000)));
    // Some of them may be disconnected: together they hold much.
    await monitor.expectSurvived(/maxBuffered/);
    // Requests of a disconnected client are not answered any more.
    for (const { socket } of neverReads) socket.terminate();
    await monitor.expectSurvived(/maxBuffered/);
  });
});

describe.each([
  ["zmq-pub", Buffer.concat([readyCommand("SUB"), message(Uint8Array.of(1))])],
  ["zmq-push", readyCommand("PULL")],
])("%s", (service, ready) => {
  test("serves others beside peers that never read what they requested", async () => {
    const monitor = new AttackMonitor(lab, service);
    for (const { socket } of await attackMany(lab.port(service), 20, { neverReads: true })) {
      socket.write(greeting);
      socket.write(ready);
    }
    await monitor.expectSurvived();
  });
});

testDescriptorsAreBack(lab);
