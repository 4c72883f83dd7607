import { describe, expect, onTestFinished, test } from "bun:test";
import type { Conversation, TrafficEvent } from "../../src/core/traffic.ts";
import { History } from "../../src/observe/history.ts";
import type { RecordedEvent } from "../../src/observe/recorded-event.ts";
import { TrafficHub } from "../../src/observe/traffic-hub.ts";

const conversation: Conversation = { id: "echo#1", service: "echo", transport: "tcp", local: "", remote: "" };
const say = (text: string, bytes?: Uint8Array): TrafficEvent => {
  return { kind: "message", conversation, direction: "in", text, ...(bytes && { bytes }) };
};
const sayOf = (service: string, text: string): TrafficEvent => {
  return { ...say(text), conversation: { ...conversation, service } };
};
const all = () => true;

describe("the history", () => {
  test("keeps the last events in their order, and forgets the oldest", () => {
    const history = new History({ idle: {}, maxEvents: 3, now: () => 7 });
    for (let i = 1; i <= 10; i++) history.observe(say(`n${i}`));
    expect(history.past(100, all).map(({ text }) => text)).toEqual(["n8", "n9", "n10"]);
    expect(history.past(2, all)).toMatchObject([
      { seq: 9, time: 7 },
      { seq: 10, time: 7 },
    ]);
    expect(history.past(100, all, 9).map(({ seq }) => seq)).toEqual([10]);
    expect(history.past(100, ({ seq }) => seq % 2 === 0).map(({ seq }) => seq)).toEqual([8, 10]);
  });

  test("is bounded in bytes, too, whether they are bytes, text or fields", () => {
    const history = new History({ idle: {}, maxBytes: 100 });
    history.observe(say("a", new Uint8Array(90)));
    history.observe(say("b".repeat(50)));
    expect(history.past(10, all)).toHaveLength(1);
    history.observe({ ...say("c"), fields: { topic: "t".repeat(99) } } as TrafficEvent);
    expect(history.past(10, all).map(({ text }) => text)).toEqual(["c"]);
  });

  test("an event too large for it alone is not kept at all", () => {
    const history = new History({ idle: {}, maxBytes: 10 });
    history.observe(say("x".repeat(11)));
    history.observe(say("y"));
    expect(history.past(10, all).map(({ text }) => text)).toEqual(["y"]);
  });

  test("copies the bytes, which are the network's, and keeps the first 4096", () => {
    const history = new History({ idle: {} });
    // A Buffer's own slice would share its memory.
    const bytes = Buffer.alloc(5000, 1);
    history.observe(say("x", bytes));
    bytes.fill(2);
    const [event] = history.past(1, all);
    expect(event?.size).toBe(5000);
    expect(event?.bytes).toEqual(new Uint8Array(4096).fill(1));
    expect(event?.bytes?.buffer.byteLength).toBe(4096);
  });

  test("a busy service does not erase what the others did, and the order is that of the events", () => {
    const history = new History({ idle: {}, maxEvents: 3, maxBytes: 100 });
    history.observe(sayOf("quiet", "first"));
    for (let i = 1; i <= 50; i++) history.observe(sayOf("busy", `b${i}`));
    history.observe(sayOf("quiet", "last"));
    expect(history.past(100, all).map(({ text }) => text)).toEqual(["first", "b48", "b49", "b50", "last"]);
    expect(history.past(2, all).map(({ text }) => text)).toEqual(["b50", "last"]);
    expect(history.past(100, all, 50).map(({ seq }) => seq)).toEqual([51, 52]);
    expect(history.hasForgotten(1)).toBe(true);
    expect(history.hasForgotten(1, (service) => service === "quiet")).toBe(false);
    expect(history.hasForgotten(48)).toBe(false);
    // Bytes, too, are taken from who has most of them.
    for (let i = 0; i < 3; i++) history.observe(sayOf("busy", "x".repeat(60)));
    expect(history.past(100, all).map(({ text }) => text)).toEqual(["first", "last", "x".repeat(60)]);
  });

  test("a watcher of one service raises the appetite for that one alone, and hears of no other", () => {
    const hub = new TrafficHub();
    const history = new History({ idle: {}, changed: () => hub.refresh() });
    onTestFinished(hub.add(history));
    const [busy, quiet] = [hub.service("busy"), hub.service("quiet")];
    let changes = 0;
    hub.onAppetite(() => void changes++);
    const heard: string[] = [];
    const watch = (service: string) =>
      history.watch({
        kinds: new Set(["message"] as const),
        services: new Set([service]),
        event: (event) => void heard.push(`${service}: ${event.text}`),
        leftOut: (of) => void heard.push(`${service}: left out of ${of}`),
      });
    const leave = watch("quiet");
    expect(quiet.sample("message")).toBe(true);
    expect(busy.sample("message")).toBe(false);
    expect([hub.appetiteOf("quiet"), hub.appetiteOf("busy")]).toEqual([{ message: 2000 }, {}]);
    watch("busy");
    quiet.emit(sayOf("quiet", "halo"));
    history.leftOut("busy", "message", 3);
    expect(heard).toEqual(["quiet: halo", "busy: left out of busy"]);
    leave();
    expect([hub.appetiteOf("quiet"), hub.appetiteOf("busy")]).toEqual([{}, { message: 2000 }]);
    // Threads hear of each, also where what is wanted of all services together stays what it was.
    expect(changes).toBe(3);
  });

  test("keeps a little while nobody watches, whatever the log is told", () => {
    const hub = new TrafficHub();
    const history = new History();
    onTestFinished(hub.add(history));
    const traffic = hub.service("echo");
    for (let i = 0; i < 1000; i++) if (traffic.sample("message")) traffic.emit(say(`n${i}`));
    expect(history.past(100, all).map(({ text }) => text)).toEqual(["n0", "n1"]);
  });

  test("wants no more than the log while nobody watches, and so again when the last watcher has left", () => {
    const hub = new TrafficHub();
    const history = new History({ idle: { message: 5 }, changed: () => hub.refresh() });
    const leave = hub.add(history);
    const told: unknown[] = [];
    hub.onAppetite((appetite) => void told.push(appetite));
    const seen: RecordedEvent[] = [];
    const watcher = (kinds: ("message" | "bytes")[]) => ({
      kinds: new Set(kinds),
      event: (event: RecordedEvent) => void seen.push(event),
      leftOut: () => {},
    });
    const leaveFirst = history.watch(watcher(["message"]));
    const leaveSecond = history.watch(watcher(["bytes"]));
    expect(hub.service("echo").sample("bytes")).toBe(true);
    hub.service("echo").emit({ kind: "bytes", conversation, direction: "in", bytes: new Uint8Array(3) });
    leaveFirst();
    leaveFirst();
    leaveSecond();
    expect(told).toEqual([
      { message: 2000 },
      { message: 2000, bytes: 500 },
      { message: 5, bytes: 500 },
      { message: 5 },
    ]);
    expect(seen).toMatchObject([{ kind: "bytes", size: 3 }]);
    expect(hub.service("echo").sample("bytes")).toBe(false);
    leave();
  });
});
