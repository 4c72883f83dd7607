import { describe, expect, test } from "bun:test";
import { AttackMonitor, testDescriptorsAreBack } from "../support/attack-monitor.ts";
import { attack, attackMany, pump } from "../support/attacker.ts";
import { expectHealthy, wholeLab } from "../support/health.ts";
import { startLab } from "../support/lab.ts";
import { Random } from "../support/random.ts";
import { until } from "../support/until.ts";
import { greeting } from "../support/zmtp.ts";

const lab = await startLab(wholeLab);
test("every service is healthy before the attacks", () => expectHealthy(lab));
const streams = lab.services.filter((service) => service !== "udp");

describe.each(streams)("%s", (service) => {
  test("survives random bytes", async () => {
    const monitor = new AttackMonitor(lab, service);
    const random = new Random(20_261_121);
    for (const attacker of await attackMany(lab.port(service), 40)) {
      await pump(attacker, random.bytes(1 + random.below(4096)), 1 + random.below(65_536));
      if (random.below(2) === 0) attacker.socket.terminate();
    }
    await monitor.expectSurvived();
  });

  test("survives random bytes after a valid beginning", async () => {
    const monitor = new AttackMonitor(lab, service);
    const random = new Random(1_121_2026);
    const starts = [
      greeting,
      "GET /",
      "POST / HTTP/1.1\r\nHost: x\r\n",
      "TIME",
      Uint8Array.of(0x10, 40, 0, 4),
    ];
    for (const attacker of await attackMany(lab.port(service), 40)) {
      attacker.socket.write(random.pick(starts));
      attacker.socket.write(random.bytes(1 + random.below(2000)));
      attacker.socket.shutdown();
    }
    await monitor.expectSurvived();
  });

  test("survives a megabyte without a line end", async () => {
    const monitor = new AttackMonitor(lab, service);
    const attacker = await attack(lab.port(service));
    await pump(attacker, Buffer.alloc(65_536, "A"), 1_048_576);
    attacker.socket.shutdown();
    await monitor.expectSurvived();
  });

  test("survives partial requests followed by silence, on two hundred connections", async () => {
    const monitor = new AttackMonitor(lab, service);
    const halves: Readonly<Record<string, string | Uint8Array>> = {
      rest: "GET /add?a=5&b=9 HTTP/1.1\r\nHost: 127",
      soap: "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n<soap-env:Envelope",
      jsonrpc: 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"jsonrpc":',
      mqtt: Uint8Array.of(0x10, 40, 0, 4, 77, 81),
      time: "TI",
    };
    const half = halves[service] ?? (service.startsWith("zmq") ? greeting.subarray(0, 30) : "sepa");
    for (const attacker of await attackMany(lab.port(service), 200)) attacker.socket.write(half);
    await monitor.expectSurvived();
  });
});

test("a million line ends at the time server get a million answers or a closed connection, and do not stop it", async () => {
  const monitor = new AttackMonitor(lab, "time");
  const attacker = await attack(lab.port("time"));
  await pump(attacker, Buffer.alloc(65_536, "\n"), 1_000_000);
  attacker.socket.shutdown();
  await until(() => attacker.closed);
  expect(attacker.received).toBe(attacker.sent * "Invalid request\n".length);
  await monitor.expectSurvived();
});

testDescriptorsAreBack(lab);
