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
  test("keeps the last events in their order, and evicts the oldest", () => {
    const history = new History({ idle: {}, maxEvents: 3, now: () => 7 });
    for (let i = 1; i <= 10; i++) history.observe(say(`n${i}`));
    expect(history.recent(100, all).map(({ text }) => text)).toEqual(["n8", "n9", "n10"]);
    expect(history.recent(2, all)).toMatchObject([
      { seq: 9, time: 7 },
      { seq: 10, time: 7 },
    ]);
    expect(history.recent(100, all, 9).map(({ seq }) => seq)).toEqual([10]);
    expect(history.recent(100, ({ seq }) => seq % 2 === 0).map(({ seq }) => seq)).toEqual([8, 10]);
  });

  test("is bounded in bytes, too, whether they are bytes, text or fields", () => {
    const history = new History({ idle: {}, maxBytes: 100 });
    history.observe(say("a", new Uint8Array(90)));
    history.observe(say("b".repeat(50)));
    expect(history.recent(10, all)).toHaveLength(1);
    history.observe({ ...say("c"), fields: { topic: "t".repeat(99) } } as TrafficEvent);
    expect(history.recent(10, all).map(({ text }) => text)).toEqual(["c"]);
  });

  test("an event too large for it alone is not kept at all", () => {
    const history = new History({ idle: {}, maxBytes: 10 });
    history.observe(say("x".repeat(11)));
    history.observe(say("y"));
    expect(history.recent(10, all).map(({ text }) => text)).toEqual(["y"]);
  });

  test("copies the bytes, which are the network's, and keeps the first 4096", () => {
    const history = new History({ idle: {} });
    // A Buffer's own slice would share its memory.
    const bytes = Buffer.alloc(5000, 1);
    history.observe(say("x", bytes));
    bytes.fill(2);
    const [event] = history.recent(1, all);
    expect(event?.size).toBe(5000);
    expect(event?.bytes).toEqual(new Uint8Array(4096).fill(1));
    expect(event?.bytes?.buffer.byteLength).toBe(4096);
  });

  test("a busy service does not evict the events of the others, and the order is that of the events", () => {
    const history = new History({ idle: {}, maxEvents: 3, maxBytes: 100 });
    history.observe(sayOf("quiet", "first"));
    for (let i = 1; i <= 50; i++) history.observe(sayOf("busy", `b${i}`));
    history.observe(sayOf("quiet", "last"));
    expect(history.recent(100, all).map(({ text }) => text)).toEqual(["first", "b48", "b49", "b50", "last"]);
    expect(history.recent(2, all).map(({ text }) => text)).toEqual(["b50", "last"]);
    expect(history.recent(100, all, 50).map(({ seq }) => seq)).toEqual([51, 52]);
    expect(history.hasEvicted(1)).toBe(true);
    expect(history.hasEvicted(1, (service) => service === "quiet")).toBe(false);
    expect(history.hasEvicted(48)).toBe(false);
    // When there are too many bytes, the service that holds most of them loses events.
    for (let i = 0; i < 3; i++) history.observe(sayOf("busy", "x".repeat(60)));
    expect(history.recent(100, all).map(({ text }) => text)).toEqual(["first", "last", "x".repeat(60)]);
  });

  test("a subscriber to one service raises the rates of that one alone, and gets no events of others", () => {
    const hub = new TrafficHub();
    const history = new History({ idle: {}, onRatesChange: () => hub.updateRates() });
    onTestFinished(hub.add(history));
    const [busy, quiet] = [hub.service("busy"), hub.service("quiet")];
    let changes = 0;
    hub.onRatesChange(() => void changes++);
    const received: string[] = [];
    const subscribe = (service: string) =>
      history.subscribe({
        kinds: new Set(["message"] as const),
        services: new Set([service]),
        onEvent: (event) => void received.push(`${service}: ${event.text}`),
        onSampledOut: (of) => void received.push(`${service}: sampled out of ${of}`),
      });
    const unsubscribe = subscribe("quiet");
    expect(quiet.sample("message")).toBe(true);
    expect(busy.sample("message")).toBe(false);
    expect([hub.ratesFor("quiet"), hub.ratesFor("busy")]).toEqual([{ message: 2000 }, {}]);
    subscribe("busy");
    quiet.emit(sayOf("quiet", "halo"));
    history.sampledOut("busy", "message", 3);
    expect(received).toEqual(["quiet: halo", "busy: sampled out of busy"]);
    unsubscribe();
    expect([hub.ratesFor("quiet"), hub.ratesFor("busy")]).toEqual([{}, { message: 2000 }]);
    // Listeners are called for each change, even if the maximum over all services stays the same.
    expect(changes).toBe(3);
  });

  test("keeps a little without subscribers, at the rates of the log", () => {
    const hub = new TrafficHub();
    const history = new History();
    onTestFinished(hub.add(history));
    const traffic = hub.service("echo");
    for (let i = 0; i < 1000; i++) if (traffic.sample("message")) traffic.emit(say(`n${i}`));
    expect(history.recent(100, all).map(({ text }) => text)).toEqual(["n0", "n1"]);
  });

  test("takes no more than the log without subscribers, and again when the last one has unsubscribed", () => {
    const hub = new TrafficHub();
    const history = new History({ idle: { message: 5 }, onRatesChange: () => hub.updateRates() });
    const leave = hub.add(history);
    const changes: unknown[] = [];
    hub.onRatesChange((rates) => void changes.push(rates));
    const seen: RecordedEvent[] = [];
    const subscriber = (kinds: ("message" | "bytes")[]) => ({
      kinds: new Set(kinds),
      onEvent: (event: RecordedEvent) => void seen.push(event),
      onSampledOut: () => {},
    });
    const leaveFirst = history.subscribe(subscriber(["message"]));
    const leaveSecond = history.subscribe(subscriber(["bytes"]));
    expect(hub.service("echo").sample("bytes")).toBe(true);
    hub.service("echo").emit({ kind: "bytes", conversation, direction: "in", bytes: new Uint8Array(3) });
    leaveFirst();
    leaveFirst();
    leaveSecond();
    expect(changes).toEqual([
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
