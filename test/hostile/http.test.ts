import { describe, expect, test } from "bun:test";
import { AttackMonitor, testDescriptorsAreBack } from "../support/attack-monitor.ts";
import { type Attacker, attack, attackMany, pump } from "../support/attacker.ts";
import { expectHealthy, wholeLab } from "../support/health.ts";
import { startLab } from "../support/lab.ts";
import { until } from "../support/until.ts";

const lab = await startLab(wholeLab);
test("every service is healthy before the attacks", () => expectHealthy(lab));

const services = ["rest", "soap", "jsonrpc"] as const;
/** The start of a request whose body is wanted; of REST's paths only operations take one. */
const post = "POST /add HTTP/1.1\r\nHost: x\r\n";
/** A second request hidden in the first: a server that answers it parses the first one differently than a proxy. */
const hidden = "GET /add?a=1300&b=37 HTTP/1.1\r\nHost: x\r\n\r\n";

/** Requests that no server may accept. What follows an ambiguous body length is not read. */
const refused: Readonly<Record<string, string>> = {
  "two different lengths": `${post}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde${hidden}`,
  "a negative length": `${post}Content-Length: -1\r\n\r\n${hidden}`,
  "a length that is no number": `${post}Content-Length: 0x10\r\n\r\n${hidden}`,
  "a length beyond all numbers": `${post}Content-Length: 99999999999999999999999\r\n\r\n${hidden}`,
  "a chunk length beyond all numbers": `${post}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n${hidden}`,
  "a chunk length that is no number": `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n${hidden}`,
  "a space before the colon": `${post}Content-Length : 0\r\n\r\n${hidden}`,
  "a header without a colon": `${post}nothing\r\n\r\n`,
  "a header without a name": `${post}: value\r\n\r\n`,
  "a NUL in a header": `${post}X-A: a\0b\r\n\r\n`,
  "a folded header": `${post}X-A: a\r\n b\r\nContent-Length: 0\r\n\r\n`,
  "no request at all": "\r\n\r\n\r\n\r\nhello\r\n\r\n",
  "a version from the future": "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
  "the hello of TLS": "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
  "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "two megabytes of URL": `GET /${"a".repeat(2_000_000)} HTTP/1.1\r\nHost: x\r\n\r\n`,
  "two megabytes in one header": `${post}X-A: ${"a".repeat(2_000_000)}\r\n\r\n`,
  "fifty thousand headers": `${post}${"X-A: a\r\n".repeat(50_000)}\r\n`,
};

/** Statuses in the order of the replies. */
const statuses = ({ head }: Attacker) =>
  [...head.toString("latin1").matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) => Number(status));

async function exchange(service: string, request: string): Promise<Attacker> {
  const attacker = await attack(lab.port(service));
  await pump(attacker, Buffer.from(request, "latin1"), request.length);
  attacker.socket.shutdown();
  await until(() => attacker.closed);
  return attacker;
}

describe.each(services)("%s", (service) => {
  test.each(Object.entries(refused))("rejects %s", async (_, request) => {
    const monitor = new AttackMonitor(lab, service);
    const attacker = await exchange(service, request);
    expect(statuses(attacker).filter((status) => status < 400)).toEqual([]);
    expect(attacker.head.toString()).not.toContain("1337");
    await monitor.expectSurvived();
  });

  test("reads a body with both lengths as chunked or not at all, and never as a second request", async () => {
    const monitor = new AttackMonitor(lab, service);
    const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`;
    const attacker = await exchange(
      service,
      `${post}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`,
    );
    expect(attacker.head.toString()).not.toContain("1337");
    expect(statuses(attacker).length).toBeLessThanOrEqual(1);
    await monitor.expectSurvived();
  });

  test("refuses a body that never ends", async () => {
    const monitor = new AttackMonitor(lab, service);
    const endless = await attackMany(lab.port(service), 20);
    for (const { socket } of endless) socket.write(`${post}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = Buffer.from(`10000\r\n${"x".repeat(65_536)}\r\n`);
    // On a busy machine the server may pause for long: only its answer, or a close, ends the body.
    const send = (attacker: Attacker) => pump(attacker, chunk, 30_000_000, () => attacker.head.length > 0);
    await Promise.all(endless.map(send));
    for (const attacker of endless) {
      expect(attacker.sent).toBeLessThan(30_000_000);
      expect(statuses(attacker)).toEqual([413]);
    }
    await monitor.expectSurvived();
  });

  test("does not wait for a body that is declared as too large", async () => {
    const monitor = new AttackMonitor(lab, service);
    const attacker = await attack(lab.port(service));
    attacker.socket.write(`${post}Content-Length: 4000000000\r\n\r\n`);
    await until(() => attacker.head.length > 0);
    expect(statuses(attacker)).toEqual([413]);
    await monitor.expectSurvived();
  });

  test("serves others beside a thousand requests whose bodies never arrive", async () => {
    const monitor = new AttackMonitor(lab, service);
    const half = await attackMany(lab.port(service), 1005);
    for (const { socket } of half) socket.write(`${post}Content-Length: 20\r\n\r\nx`);
    await monitor.expectSurvived();
    expect(half.filter(({ closed, received }) => closed || received > 0)).toEqual([]);
  });

  test("serves others beside three hundred requests that arrive a byte at a time", async () => {
    const monitor = new AttackMonitor(lab, service);
    const slow = await attackMany(lab.port(service), 300);
    for (const byte of "POST / HTTP/1.1\r\nHost:") {
      for (const { socket } of slow) socket.write(byte);
    }
    await monitor.expectSurvived();
  });
});

testDescriptorsAreBack(lab);
