import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "bun:test";
import { mqtt as mqttRole } from "../../src/roles/mqtt/index.ts";
import { startRole } from "../support/start-role.ts";
import { until } from "../support/until.ts";
import type { Load } from "./case.ts";
import { http, mqtt, mqttMatch, mqttRetained, mqttStorm, oneWay, roundTrips } from "./loads.ts";
import { gcc } from "./machine.ts";
import { mqttIdle, mqttPayload } from "./memory-loads.ts";
import { Workshop } from "./workshop.ts";

let workshop: Workshop;
beforeAll(() => {
  workshop = new Workshop();
});
afterAll(() => workshop[Symbol.dispose]());

/** A server that answers each chunk with `reply(chunk)`; null ends the connection. */
function serve(reply: (chunk: string) => string | null): { port: number } {
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      data(socket, chunk) {
        const answer = reply(chunk.toString());
        if (answer === null) socket.end();
        else socket.write(answer);
      },
      end: (socket) => void socket.end(),
    },
  });
  onTestFinished(() => server.stop(true));
  return server;
}

const runLoad = (load: Load, server: { port: number }, seconds: number, tools: Workshop) =>
  load.measure({ port: server.port, stop: async () => {} }, seconds, tools);

/** Seconds in which a server answers at least once, also one that stands still meanwhile. */
const aWhile = 1;
/** Much longer than it takes: a generator ends with the first wrong reply. */
const untilRefused = 20;

const complaintOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => "it had nothing to complain about",
    (error: Error) => error.message,
  );

const page = (body: string, more = "") =>
  `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
const exchange = { request: "GET / HTTP/1.1\r\n\r\n", expected: "14" };

describe.skipIf(!gcc.isThere())("the load generators", () => {
  test("count round trips with their latency", async () => {
    const figures = await runLoad(
      roundTrips(3, "halo", "Echo: halo"),
      serve((text) => `Echo: ${text}`),
      aWhile,
      workshop,
    );
    expect(figures.perSecond).toBeGreaterThan(0);
    expect(figures.p50).toBeGreaterThan(0);
    expect(figures.p99).toBeGreaterThanOrEqual(figures.p50!);
  });

  test.each([
    ["a wrong byte", "Echo: hola", 'wrong reply: "Echo: hola"'],
    ["a byte too many", "Echo: halo!", "a reply has 11 bytes where 10 are right"],
    ["a close instead of a reply", null, "closed the connection after 0 of 10 bytes"],
  ])("refuse %s in a round trip", async (_, reply, complaint) => {
    const run = runLoad(
      roundTrips(1, "halo", "Echo: halo"),
      serve(() => reply),
      untilRefused,
      workshop,
    );
    expect(await complaintOf(run)).toContain(complaint);
  });

  test("accept any digit where the expected reply has a #, and nothing else", async () => {
    const clock = roundTrips(1, "TIME", "JAM ##:##");
    await runLoad(
      clock,
      serve(() => "JAM 23:49"),
      aWhile,
      workshop,
    );
    const wrong = runLoad(
      clock,
      serve(() => "JAM 2x:49"),
      untilRefused,
      workshop,
    );
    expect(await complaintOf(wrong)).toContain("wrong reply");
  });

  test("report a refused connection", async () => {
    const gone = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const { port } = gone;
    gone.stop(true);
    const run = runLoad(roundTrips(1, "a", "a"), { port }, 0.1, workshop);
    expect(await complaintOf(run)).toContain("Connection refused");
  });

  test("refuse an answer of a one-way server", async () => {
    await runLoad(
      oneWay(2, 64),
      serve(() => ""),
      0.5,
      workshop,
    );
    const run = runLoad(
      oneWay(2, 64),
      serve(() => "hm"),
      0.5,
      workshop,
    );
    expect(await complaintOf(run)).toContain("answered");
  });

  test("accept HTTP replies that keep the connection, that close it, and that are chunked", async () => {
    const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n14\r\n0\r\n\r\n";
    for (const reply of [page("14"), page("14", "Connection: close\r\n"), chunked]) {
      const figures = await runLoad(
        http(2, [exchange]),
        serve(() => reply),
        aWhile,
        workshop,
      );
      expect(figures.perSecond).toBeGreaterThan(0);
    }
  });

  test.each([
    ["a wrong result", page("15"), 'wrong reply: "15" where "14" should stand'],
    ["an error", "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\n14", "HTTP/1.1 500 Oops"],
  ])("refuse %s over HTTP", async (_, reply, complaint) => {
    const run = runLoad(
      http(1, [exchange]),
      serve(() => reply),
      untilRefused,
      workshop,
    );
    expect(await complaintOf(run)).toContain(complaint);
  });

  test.each([
    [1, "PUBACK"],
    [2, "PUBCOMP"],
  ] as const)(
    "receive every QoS %i message once, in order and up to its %s, in pairs through a broker",
    async (qos) => {
      const { port } = await startRole(mqttRole);
      const work = { publishers: 3, subscribers: 3, mode: "pair", qos } as const;
      const figures = await runLoad(mqtt(work), { port }, 0.2, workshop);
      expect(figures.perSecond).toBeGreaterThan(0);
      expect(figures).toMatchObject({ lost: 0, disordered: 0 });
    },
  );

  test("publish at a steady rate, and measure latency from the time at which a message was due", async () => {
    const { port } = await startRole(mqttRole);
    const work = { publishers: 2, subscribers: 2, mode: "pair", qos: 0, rate: 5000 } as const;
    const figures = await runLoad(mqtt(work), { port }, 0.4, workshop);
    // Without its pace it would send a hundred thousand and more.
    expect(figures.perSecond).toBeLessThan(10_000);
    expect(figures.p50).toBeGreaterThan(0);
    expect(figures.p999).toBeGreaterThanOrEqual(figures.p99!);
  });

  test("hold subscriptions beside a hot topic, and unsubscribe at the end", async () => {
    const { port, service } = await startRole(mqttRole);
    const figures = await runLoad(mqttMatch(2000), { port }, 0.05, workshop);
    expect(figures.cost).toBeGreaterThan(0);
    expect(figures.subscribe).toBeGreaterThan(0);
    expect(figures.unsubscribe).toBeGreaterThan(0);
    // The subscriber's own goes with its connection.
    await until(() => service.stats().subscriptions === 0);
  });

  test("receive every retained message once, and clear them", async () => {
    const { port, service } = await startRole(mqttRole);
    for (let again = 0; again < 2; again++) {
      const figures = await runLoad(mqttRetained(3000), { port }, 1, workshop);
      expect(figures.stall).toBeGreaterThan(0);
      expect(service.stats()).toMatchObject({ retained: 0 });
    }
  });

  test("connect many clients at once", async () => {
    const { port } = await startRole(mqttRole);
    const figures = await runLoad(mqttStorm(200), { port }, 1, workshop);
    expect(figures.storm).toBeGreaterThan(0);
  });

  test("connect many clients twice that log in, and fail when they are refused", async () => {
    const login = { user: "ani", password: "rahasia" };
    const { port, service } = await startRole(mqttRole, { users: [{ name: "ani", password: "rahasia" }] });
    const figures = await runLoad(mqttStorm(200, login), { port }, 1, workshop);
    expect(figures.storm).toBeGreaterThan(0);
    expect(service.stats().connections_total).toBe(400);
    const refused = runLoad(mqttStorm(1, { ...login, password: "salah" }), { port }, 1, workshop);
    expect(await complaintOf(refused)).toContain("refused a client with code");
    expect(await complaintOf(runLoad(mqttStorm(1), { port }, 1, workshop))).toContain("refused a client");
  });

  test("send large messages, and measure memory only of a process with a known pid", async () => {
    const { port } = await startRole(mqttRole);
    const work = { publishers: 1, subscribers: 1, mode: "fan", qos: 1, payload: 100_000, window: 1 } as const;
    const figures = await runLoad(mqttPayload(work), { port }, 0.2, workshop);
    expect(figures.rate).toBeCloseTo((figures.perSecond * 100_000) / 1e6);
    expect(figures.growth).toBeNaN();
    expect(await complaintOf(runLoad(mqttIdle(10), { port }, 1, workshop))).toContain("is not known");
  });
});
