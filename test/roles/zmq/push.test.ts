import { describe, expect, onTestFinished, spyOn, test } from "bun:test";
import { ZmqServer } from "../../../src/net/zmq/server.ts";
import { unpickle } from "../../../src/protocol/unpickle.ts";
import { zmqPush } from "../../../src/roles/zmq/index.ts";
import { golden } from "../../support/golden.ts";
import { RawClient } from "../../support/raw-client.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";
import { message, ZmtpClient } from "../../support/zmtp.ts";

async function take(client: ZmtpClient, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) taken.push((await client.receive()).join("|"));
  return taken;
}

describe("zmq-push", () => {
  test("greets as the original did, and sends workloads in the same frames", async () => {
    const [recorded = []] = golden("zmq_pushpull").connections;
    const said = (from: "client" | "server") =>
      Buffer.concat(
        recorded.flatMap((event) => (event.kind === "bytes" && event.from === from ? [event.bytes] : [])),
      );
    // The last three frames are workloads: 00 05 80 04 4b NN 2e.
    const greeting = said("server").subarray(0, -21);
    const { port } = await startRole(zmqPush, { every: 0 });
    const client = await RawClient.connect(port);
    client.write(said("client"));
    expect((await client.bytes(greeting.length)).toString("hex")).toBe(greeting.toString("hex"));
    for (let frame = 0; frame < 100; frame++) {
      expect((await client.bytes(7)).toString("hex")).toMatch(
        /^000580044b(0[1-9a-f]|[1-5][0-9a-f]|6[0-4])2e$/,
      );
    }
  });

  test("draws every workload from min to max, both included", async () => {
    const { port } = await startRole(zmqPush, { every: 0, workload: { min: 254, max: 257 } });
    const worker = await ZmtpClient.connect(port, "PULL");
    const drawn = new Set<unknown>();
    for (let count = 0; count < 1000; count++) drawn.add(unpickle((await worker.receive())[0]!));
    expect([...drawn].sort()).toEqual([254n, 255n, 256n, 257n]);
  });

  test("pauses for workload / workers seconds after each workload", async () => {
    // From before the first one: when that was sent is not seen here.
    const start = performance.now();
    const { port, service } = await startRole(zmqPush, { workload: { min: 3, max: 3 }, workers: 20 });
    const worker = await ZmtpClient.connect(port, "PULL");
    await take(worker, 3);
    expect(performance.now() - start).toBeGreaterThanOrEqual(2 * 150 - 5);
    expect(service.stats().messages_sent_total).toBe(3);
  });

  test.each([
    ["json", {}, "7"],
    ["text", {}, "7"],
    ["text", { message: "work {workload} no {count}" }, "work 7 no 1"],
  ])("writes them as %s with %p", async (encoding, more, expected) => {
    const config = { every: 0, workload: { min: 7, max: 7 }, encoding, ...more };
    const { port } = await startRole(zmqPush, config);
    expect(await take(await ZmtpClient.connect(port, "PULL"), 1)).toEqual([expected]);
  });

  test("waits for a worker and loses nothing, whoever else comes by before", async () => {
    const { port, service } = await startRole(zmqPush, {
      every: "1ms",
      encoding: "text",
      message: "{count}",
    });
    for (const said of ["GET / HTTP/1.1\r\n\r\n", "\x01\x00\x05\x00abcd"]) {
      const stranger = await RawClient.connect(port);
      stranger.write(said);
      await stranger.ended;
    }
    const silent = await RawClient.connect(port);
    expect(service.stats().messages_sent_total).toBe(0);
    expect(await take(await ZmtpClient.connect(port, "PULL"), 5)).toEqual(["1", "2", "3", "4", "5"]);
    silent.end();
  });

  test("disconnects a peer that sends it a message, and says why", async () => {
    const { port, log, service } = await startRole(zmqPush, { every: "1h" });
    for (const said of [message("x"), Buffer.from([1, 0]), Buffer.from([2, 0, 0, 0, 0, 0, 1, 0, 0])]) {
      const worker = await ZmtpClient.connect(port, "PULL");
      worker.raw.write(said);
      await worker.raw.ended;
      expect(log.at(-1)).toContain("it sent a message to a socket that receives none");
    }
    expect(service.stats().held_bytes).toBe(0);
  });

  test("gives a worker that does not read no more than sendHighWater workloads, and the others theirs", async () => {
    const work = { every: 0, encoding: "text", message: "x".repeat(1000), sendHighWater: 10 };
    const { port, service } = await startRole(zmqPush, work);
    const deaf = await ZmtpClient.connect(port, "PULL");
    deaf.raw.pause();
    await until(() => (service.stats().held_bytes ?? 0) > 0); // the kernel takes no more
    expect(service.stats().held_bytes).toBeLessThanOrEqual(20 * 1003); // one batch, and those after it
    await take(await ZmtpClient.connect(port, "PULL"), 100);
  });

  test("does nothing while it waits for a worker", async () => {
    const [change, ...others] = (["change", "turn", "pause"] as const).map((way) =>
      spyOn(ZmqServer.prototype, way),
    );
    onTestFinished(() => {
      for (const spy of [change, ...others]) spy?.mockRestore();
    });
    const { port } = await startRole(zmqPush, { every: 0 });
    for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
    // It waits for a change since it began, and has waited for nothing else.
    expect(change).toHaveBeenCalledTimes(1);
    for (const other of others) expect(other).not.toHaveBeenCalled();
    await take(await ZmtpClient.connect(port, "PULL"), 1);
  });

  test("deals out to its workers in turn", async () => {
    const { port, service } = await startRole(zmqPush, {
      every: "5ms",
      encoding: "text",
      message: "{count}",
    });
    const workers = await Promise.all([1, 2].map(() => ZmtpClient.connect(port, "PULL")));
    await until(() => service.stats().connections === 2);
    const [one = [], two = []] = await Promise.all(workers.map((worker) => take(worker, 10)));
    expect(new Set([...one, ...two]).size).toBe(20);
  });

  test("shows what it sent", async () => {
    const { port, events } = await startRole(
      zmqPush,
      { every: 0, workload: { min: 42, max: 42 } },
      { observe: true },
    );
    await take(await ZmtpClient.connect(port, "PULL"), 1);
    const message = events.find((event) => event.kind === "message");
    expect(message).toMatchObject({ direction: "out", text: "Sent work: 42" });
  });

  test("connects to its workers when it is configured so", async () => {
    const worker = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    const { service } = await startRole(zmqPush, { connect: [`tcp://127.0.0.1:${worker.port}`] });
    expect(service.addresses).toEqual([]);
    await until(() => service.stats().connections === 1);
    worker.stop(true);
  });

  test("refuses workloads that run backwards", () => {
    const { error } = zmqPush.config.safeParse({ workload: { min: 5, max: 4 } });
    expect(error?.issues[0]?.message).toContain("a min that is not above its max");
  });

  test("stops at once in the middle of a long pause", async () => {
    const { port, service } = await startRole(zmqPush, { workload: { min: 100, max: 100 }, workers: 1 });
    await take(await ZmtpClient.connect(port, "PULL"), 1);
    await service.stop(new AbortController().signal);
  });
});
