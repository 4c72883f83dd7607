import { describe, expect, onTestFinished, test } from "bun:test";
import type { Logger } from "../../../src/core/log.ts";
import { TrafficHub } from "../../../src/observe/traffic-hub.ts";
import { registry } from "../../../src/registry.ts";
import { Supervisor } from "../../../src/server/run/supervisor.ts";
import { RawClient } from "../../support/raw-client.ts";
import { load } from "../../support/registry.ts";
import { until } from "../../support/until.ts";

interface Line {
  readonly service: string;
  readonly message: string;
}

async function start(source: string) {
  const lines: Line[] = [];
  const workers: Worker[] = [];
  const logger = (service: string): Logger => {
    const write = (message: string) => void lines.push({ service, message });
    return { debug: write, info: write, warning: write, error: write };
  };
  const hub = new TrafficHub();
  const messages: string[] = [];
  const stopObserving = hub.add({
    rates: { message: 1000 },
    observe: (event) => void (event.kind === "message" && messages.push(event.text)),
  });
  const spawnWorker = () => {
    const worker = new Worker(new URL("../../../src/worker.ts", import.meta.url).href);
    workers.push(worker);
    return worker;
  };
  const supervisor = new Supervisor(load(source, registry), { logger, hub, version: "0.0.0", spawnWorker });
  onTestFinished(async () => {
    stopObserving();
    await supervisor.stop(AbortSignal.timeout(1000));
  });
  await supervisor.start();
  const port = supervisor.status()[0]?.addresses[0]?.port ?? 0;
  return { supervisor, lines, workers, messages, port, hub };
}

async function ask(port: number): Promise<string> {
  const client = await RawClient.connect(port);
  client.write("TIME");
  const reply = await client.text(12);
  client.end();
  return reply;
}

describe("a service in threads", () => {
  test("several threads serve one port, and the log says which one served which client", async () => {
    const { port, messages, supervisor } = await start("services:\n  time: { port: 0, threads: 2 }\n");
    for (let i = 0; i < 40; i++) expect(await ask(port)).toMatch(/^JAM /);
    await until(
      () =>
        messages.some((text) => text.includes("(thread 1)")) &&
        messages.some((text) => text.includes("(thread 2)")),
    );
    expect(await supervisor.stats("time")).toMatchObject({ threads: 2, requests_total: 40 });
  });

  test("the clients connected now are listed with their thread", async () => {
    const { port, supervisor } = await start("services:\n  time: { port: 0, threads: 2 }\n");
    await RawClient.connect(port);
    await RawClient.connect(port);
    await until(async () => (await supervisor.clients("time"))?.length === 2);
    expect((await supervisor.clients("time"))?.[0]).toMatch(/^127\.0\.0\.1:\d+ \(thread [12]\)$/);
  });

  test("a dead thread is replaced, and the port is served all the while", async () => {
    const { port, lines, workers, supervisor } = await start("services:\n  time: { port: 0, threads: 2 }\n");
    let stopped = false;
    const asked = (async () => {
      let count = 0;
      while (!stopped) {
        // Clients of the dying thread are disconnected; new ones are served.
        await ask(port).catch((error) => {
          if (String(error).includes("ECONNREFUSED")) throw error;
        });
        count++;
      }
      return count;
    })();
    workers[0]!.terminate();
    await until(() => lines.some(({ message }) => message === "Thread 1 has been replaced"));
    workers[1]!.terminate();
    await until(() => lines.some(({ message }) => message === "Thread 2 has been replaced"));
    stopped = true;
    expect(await asked).toBeGreaterThan(0);
    expect(await supervisor.stats("time")).toMatchObject({ threads: 2 });
  });

  test("a second copy cannot take the port unnoticed", async () => {
    const { port } = await start("services:\n  time: { port: 0, threads: 2 }\n");
    await expect(start(`services:\n  time: { port: ${port}, threads: 2 }\n`)).rejects.toThrow(
      "the port is in use",
    );
  });

  test("running threads learn of observers that are added and removed", async () => {
    const { port, hub, messages } = await start("services:\n  time: { port: 0, threads: 2 }\n");
    const chunks: number[] = [];
    const removeObserver = hub.add({
      rates: { bytes: 1000 },
      observe: (event) => void (event.kind === "bytes" && chunks.push(event.bytes.buffer.byteLength)),
    });
    await until(async () => {
      await ask(port);
      return chunks.length > 0;
    });
    // Only the chunk is posted, not the whole buffer that it was read into.
    expect(Math.max(...chunks)).toBeLessThan(1000);
    removeObserver();
    const count = () => messages.length;
    await until(async () => {
      const [logged, observed] = [count(), chunks.length];
      await ask(port);
      await until(() => count() > logged);
      return chunks.length === observed;
    });
  });
});
