import { describe, expect, onTestFinished, test } from "bun:test";
import type { Conversation, Traffic, TrafficEvent } from "../../../src/core/traffic.ts";
import { everyEvent, type SampleRates } from "../../../src/observe/observer.ts";
import { compileOperation } from "../../../src/protocol/calculator/compile.ts";
import { serveThread } from "../../../src/server/run/thread.ts";
import type { FromThread } from "../../../src/server/run/thread-messages.ts";
import { InFlightTraffic } from "../../../src/server/run/traffic-relay.ts";
import { until } from "../../support/until.ts";

const conversation: Conversation = {
  id: "time/1#1",
  service: "time",
  transport: "tcp",
  local: "127.0.0.1:4500",
  remote: "127.0.0.1:40000",
};

/** A thread whose service does nothing but to be told what it has received; nobody takes what it posts, unless asked. */
async function thread(rates: SampleRates) {
  const posted: FromThread[] = [];
  const inFlight = new InFlightTraffic();
  let traffic: Traffic | undefined;
  const receive = serveThread(
    {
      compileOperation,
      findStart: async () => async (context) => {
        traffic = context.traffic;
        return { addresses: [], stats: () => ({}), stop: async () => {} };
      },
    },
    (message) => void posted.push(message),
    () => {},
  );
  await receive({
    ...{ kind: "start", role: "time", service: "time", version: "0", config: {}, operations: [] },
    ...{ descriptors: undefined, thread: 1, joins: false, loads: new SharedArrayBuffer(64), bans: undefined },
    ...{ inFlight: inFlight.memory, rates },
  });
  onTestFinished(() => receive({ kind: "rates", rates: {} }));
  const emit = (event: TrafficEvent) => {
    if (traffic!.sample(event.kind)) traffic!.emit(event);
  };
  return {
    posted,
    inFlight,
    receive,
    emit,
    receiveBytes: (bytes: Uint8Array) => emit({ kind: "bytes", conversation, direction: "in", bytes }),
    /** The events of each message. */
    batches: () => posted.flatMap((message) => (message.kind === "traffic" ? [message.events] : [])),
    /** Takes what has been posted, as the main thread does. */
    take: () => {
      for (const message of posted.splice(0)) if (message.kind === "traffic") inFlight.taken(message.size);
    },
    sampledOut: () =>
      posted.reduce((sum, message) => sum + (message.kind === "sampled-out" ? message.count : 0), 0),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const all: SampleRates = {
  ...{ open: everyEvent, bytes: everyEvent },
  ...{ "half-close": everyEvent, close: everyEvent },
};
const now = () => performance.timeOrigin + performance.now();

describe("a thread's traffic", () => {
  test("of one turn of the event loop goes to the main thread at once, with the time of each event", async () => {
    const { emit, receiveBytes, batches } = await thread(all);
    const before = now();
    emit({ kind: "open", conversation });
    const buffer = Buffer.from("TIME\r\nTIME\r\n");
    receiveBytes(buffer.subarray(0, 6));
    const between = now();
    buffer.fill(0);
    emit({ kind: "close", conversation });
    expect(batches()).toEqual([]);
    await turn();
    const after = now();
    const [events, ...others] = batches();
    expect([events!.map(({ kind }) => kind), others]).toEqual([["open", "bytes", "close"], []]);
    const [first, chunk, last] = events!;
    // A copy of the chunk alone.
    expect(chunk).toMatchObject({ bytes: new Uint8Array(Buffer.from("TIME\r\n")) });
    expect("bytes" in chunk! && chunk.bytes?.buffer.byteLength).toBe(6);
    const times = [before, first!.time!, chunk!.time!, between, last!.time!, after];
    expect(times).toEqual(times.toSorted((one, other) => one - other));
  });

  test("keeps the time that a message has itself", async () => {
    const { emit, batches } = await thread({ message: 10 });
    emit({ kind: "message", conversation, direction: "in", text: "Received: TIME", time: 5 });
    await turn();
    expect(batches()[0]![0]!.time).toBe(5);
  });

  test("arrives before what is posted after it", async () => {
    const { posted, receive, receiveBytes } = await thread(all);
    receiveBytes(Uint8Array.of(1));
    await receive({ kind: "read", id: 7 });
    expect(posted.map(({ kind }) => kind)).toEqual(["started", "traffic", "stats"]);
    await turn();
    expect(posted.length).toBe(3);
  });

  test("is not posted when nobody observes any more", async () => {
    const { receive, receiveBytes, batches } = await thread(all);
    receiveBytes(Uint8Array.of(1));
    await receive({ kind: "rates", rates: {} });
    receiveBytes(Uint8Array.of(2));
    await turn();
    expect(batches().flat().length).toBe(1);
  });
});

describe("a main thread that takes nothing", () => {
  const count = 100_000;
  const chunk = Buffer.alloc(1000, "x");

  test("has a bounded amount on its way, and the count of the rest", async () => {
    const { inFlight, receiveBytes, batches, sampledOut } = await thread(all);
    for (let i = 0; i < count; i++) {
      receiveBytes(chunk);
      if (i % 100 === 0) await turn();
    }
    // The count comes once a second, and the loop may have taken longer.
    await until(() => batches().flat().length + sampledOut() >= count);
    const relayed = batches().flat().length;
    expect(relayed + sampledOut()).toBe(count);
    expect(relayed).toBeGreaterThan(500);
    expect(inFlight.size).toBeLessThan(4 * 1024 * 1024);
    expect(relayed * chunk.length).toBeLessThan(inFlight.size);
  });

  test("gets everything again when it has taken what was on its way", async () => {
    const { inFlight, receiveBytes, batches, take } = await thread(all);
    for (let i = 0; i < count; i++) receiveBytes(chunk);
    await turn();
    take();
    expect(inFlight.size).toBe(0);
    for (let i = 0; i < 100; i++) receiveBytes(chunk);
    await turn();
    expect(batches().flat().length).toBe(100);
  });

  test("still learns of connections that come and go, and of a sample of the messages", async () => {
    const { emit, receiveBytes, batches } = await thread({ ...all, message: 10 });
    for (let i = 0; i < count; i++) receiveBytes(chunk);
    emit({ kind: "open", conversation });
    emit({ kind: "message", conversation, direction: "in", text: "Received: TIME" });
    receiveBytes(chunk);
    emit({ kind: "half-close", conversation, closedBy: "client" });
    emit({ kind: "close", conversation });
    await turn();
    expect(
      batches()
        .flat()
        .slice(-4)
        .map(({ kind }) => kind),
    ).toEqual(["open", "message", "half-close", "close"]);
  });

  test("learns of the bytes that it lacks from the places of those that come later", async () => {
    const { emit, batches, take } = await thread(all);
    const receive = (number: number) =>
      emit({ kind: "bytes", conversation, direction: "in", bytes: chunk, offset: number * chunk.length });
    for (let i = 0; i < count; i++) receive(i);
    await turn();
    take();
    receive(count);
    await turn();
    expect(batches().flat()).toMatchObject([{ offset: count * chunk.length }]);
  });

  test("does not get more when many connections come and go instead", async () => {
    const { emit, inFlight } = await thread(all);
    for (let i = 0; i < count; i++) emit({ kind: "open", conversation });
    expect(inFlight.size).toBeLessThan(4 * 1024 * 1024);
  });

  test("does not lose a count when the rates change", async () => {
    const { receive, receiveBytes, batches, sampledOut } = await thread(all);
    for (let i = 0; i < count; i++) receiveBytes(chunk);
    await receive({ kind: "rates", rates: { ...all, message: 10 } });
    await until(() => batches().flat().length + sampledOut() >= count);
    expect(batches().flat().length + sampledOut()).toBe(count);
  });
});
