import { describe, expect, onTestFinished, test } from "bun:test";
import type { Logger } from "../../../src/core/log.ts";
import { everyEvent } from "../../../src/observe/observer.ts";
import { TrafficHub } from "../../../src/observe/traffic-hub.ts";
import { registry } from "../../../src/registry.ts";
import { BanList } from "../../../src/server/guards/ban-list.ts";
import { Supervisor } from "../../../src/server/run/supervisor.ts";
import { Threads } from "../../../src/server/run/threads.ts";
import { RawClient } from "../../support/raw-client.ts";
import { load } from "../../support/registry.ts";
import { rejects } from "../../support/rejects.ts";
import { maxWait, until } from "../../support/until.ts";

interface Line {
  readonly service: string;
  readonly message: string;
}

async function start(source: string, bans = new BanList()) {
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
  const supervisor = new Supervisor(load(source, registry), {
    logger,
    hub,
    version: "0.0.0",
    spawnWorker,
    guards: { bans },
  });
  onTestFinished(async () => {
    stopObserving();
    // A stop would wait for them.
    for (const client of clients.splice(0)) client.reset();
    await supervisor.stop(AbortSignal.timeout(maxWait));
  });
  await supervisor.start();
  const port = supervisor.status()[0]?.addresses[0]?.port ?? 0;
  return { supervisor, lines, workers, messages, port, hub };
}

const clients: RawClient[] = [];

async function connect(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  clients.push(client);
  return client;
}

async function ask(port: number): Promise<string> {
  const client = await connect(port);
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
    await connect(port);
    await connect(port);
    await until(async () => (await supervisor.clients("time"))?.length === 2);
    expect((await supervisor.clients("time"))?.[0]).toMatch(/^127\.0\.0\.1:\d+ \(thread [12]\)$/);
  });

  /** How many clients each thread has, the threads in order. */
  const clientsPerThread = async (supervisor: Supervisor) => {
    const clients = (await supervisor.clients("time")) ?? [];
    const counts: Record<string, number> = {};
    for (const client of clients) {
      const thread = /\(thread (\d)\)/.exec(client)?.[1] ?? "";
      counts[thread] = (counts[thread] ?? 0) + 1;
    }
    return counts;
  };

  /** A client that has been answered, so that its thread has counted it, and stays. */
  const settle = async (port: number) => {
    const client = await connect(port);
    client.write("TIME");
    await client.text(12);
    return client;
  };

  test("a new client goes to the thread that has the fewest", async () => {
    const { port, supervisor } = await start("services:\n  time: { port: 0, threads: 3 }\n");
    for (const each of [1, 2, 3]) {
      for (let i = 0; i < 3; i++) await settle(port);
      expect(await clientsPerThread(supervisor)).toEqual({ 1: each, 2: each, 3: each });
    }
  });

  test("those who leave make room for new ones, and a replaced thread gets its share", async () => {
    const { port, supervisor, workers, lines } = await start("services:\n  time: { port: 0, threads: 2 }\n");
    const settled: RawClient[] = [];
    for (let i = 0; i < 6; i++) settled.push(await settle(port));
    workers[0]!.terminate();
    await until(() => lines.some(({ message }) => message === "Thread 1 has been replaced"));
    await until(async () => (await supervisor.clients("time"))?.length === 3);
    for (let i = 0; i < 3; i++) await settle(port);
    expect(await clientsPerThread(supervisor)).toEqual({ 1: 3, 2: 3 });
    for (const client of settled) client.end();
    await until(async () => (await supervisor.clients("time"))?.length === 3);
    for (let i = 0; i < 3; i++) await settle(port);
    expect(await clientsPerThread(supervisor)).toEqual({ 1: 3, 2: 3 });
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
    await rejects(start(`services:\n  time: { port: ${port}, threads: 2 }\n`), "the port is in use");
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

  test("an observer of every event gets them all, also more than may be on their way at once", async () => {
    const { port, hub } = await start("services:\n  time: { port: 0, threads: 1 }\n");
    let [first, received, replies, lost] = ["", 0, 0, 0];
    const removeObserver = hub.add({
      rates: { bytes: everyEvent },
      observe: (event) => {
        if (event.kind !== "bytes") return;
        first ||= event.conversation.id;
        if (event.conversation.id === first) return;
        if (event.direction === "in") received += event.bytes.length;
        else replies++;
      },
      sampledOut: (_service, _kind, count) => {
        lost += count;
      },
    });
    onTestFinished(removeObserver);
    const ask = async (from: RawClient) => {
      from.write("TIME");
      await from.text(12);
    };
    const early = await connect(port);
    await until(async () => {
      await ask(early);
      return first !== "";
    });
    // From now on the thread knows the observer. Each chunk counts as 512 bytes and its own, of 2 MiB.
    const client = await connect(port);
    const rounds = 3000;
    for (let round = 0; round < rounds; round++) await ask(client);
    await until(() => replies >= rounds || lost > 0);
    expect([received, replies, lost]).toEqual([4 * rounds, rounds, 0]);
  });
});

/** A worker's side of the protocol, as text: what each thread does when it is asked to start. */
function scripted(answers: Readonly<Record<number, object>>): () => Worker {
  const source = `
    const answers = ${JSON.stringify(answers)};
    self.onmessage = ({ data }) => {
      const answer = answers[data.thread];
      if (answer !== undefined) self.postMessage(answer);
    };`;
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  onTestFinished(() => URL.revokeObjectURL(url));
  return () => new Worker(url);
}

function threadsOf(count: number, spawn: () => Worker) {
  const exited: number[] = [];
  let made = 0;
  const quiet = () => {};
  const [planned] = load("services:\n  time: { port: 0 }\n", registry).services;
  const make = () =>
    new Threads(planned!, {
      count,
      spawn: () => {
        const worker = spawn();
        const number = ++made;
        worker.addEventListener("close", () => exited.push(number));
        return worker;
      },
      log: { debug: quiet, info: quiet, warning: quiet, error: quiet },
      hub: new TrafficHub(),
      version: "0.0.0",
      operations: [],
      graceMs: 1000,
      fail: quiet,
    });
  return { make, exited };
}

const address = { transport: "tcp", host: "127.0.0.1", port: 4500 };

describe("a start that fails", () => {
  test("leaves no thread behind, neither those that serve nor those that are still starting", async () => {
    // The third and the fourth never answer.
    const spawn = scripted({
      1: { kind: "started", addresses: [address] },
      2: { kind: "refused", code: "failed", message: "no memory" },
    });
    const { make, exited } = threadsOf(4, spawn);
    await rejects(make().start(), "no memory");
    await until(() => exited.length === 4);
  });

  test("a stop ends threads that are starting, and their start fails", async () => {
    const { make, exited } = threadsOf(2, scripted({ 1: { kind: "started", addresses: [address] } }));
    const threads = make();
    const failed = threads.start().then(
      () => undefined,
      (error: unknown) => String(error),
    );
    await until(() => threads.addresses.length === 1);
    await threads.stop(AbortSignal.abort());
    expect(await failed).toContain("the thread died while it started");
    await until(() => exited.length === 2);
  });

  test("a thread that cannot be made costs those before it", async () => {
    let made = 0;
    const spawn = scripted({});
    const { make, exited } = threadsOf(3, () => {
      if (++made === 3) throw new Error("too few file descriptors");
      return spawn();
    });
    expect(make).toThrow("too few file descriptors");
    await until(() => exited.length === 2);
  });
});

describe("bans", () => {
  const ban = {
    address: "127.0.0.1",
    reason: "test",
    by: "operator",
    since: 0,
    until: null,
    disconnects: true,
  } as const;

  test("that were there before hold in every thread, and one that is lifted no more", async () => {
    const bans = new BanList();
    bans.add(ban);
    const { port, supervisor } = await start("services:\n  time: { port: 0, threads: 2 }\n", bans);
    for (let count = 0; count < 4; count++) await RawClient.turnedAway(port);
    expect(await supervisor.stats("time")).toMatchObject({ turned_away_banned_total: 4 });
    bans.remove("127.0.0.1");
    // A thread that answers this has had the message about the ban before.
    await supervisor.stats("time");
    for (let count = 0; count < 4; count++) expect(await ask(port)).toMatch(/^JAM /);
  });

  test("of an address end its connections, in every thread", async () => {
    const bans = new BanList();
    const { port, supervisor } = await start("services:\n  time: { port: 0, threads: 2 }\n", bans);
    const connected = [await connect(port), await connect(port)];
    await until(async () => (await supervisor.clients("time"))?.length === 2);
    bans.add(ban);
    await Promise.all(connected.map((client) => client.closed));
    expect(await supervisor.clients("time")).toEqual([]);
  });
});
