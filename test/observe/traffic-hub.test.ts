import { describe, expect, onTestFinished, test } from "bun:test";
import type { Conversation, TrafficEvent } from "../../src/core/traffic.ts";
import { TrafficHub } from "../../src/observe/traffic-hub.ts";
import { until } from "../support/until.ts";

const conversation: Conversation = { id: "echo#1", service: "echo", transport: "tcp", local: "", remote: "" };
const message: TrafficEvent = { kind: "message", conversation, direction: "in", text: "halo" };

describe("the traffic hub", () => {
  test("without observers nothing is sampled", () => {
    const traffic = new TrafficHub().service("echo");
    expect(traffic.sample("message")).toBe(false);
    expect(traffic.sample("bytes")).toBe(false);
  });

  test("an observer gets the kinds it asked for, of services old and new", () => {
    const hub = new TrafficHub();
    const seen: string[] = [];
    const before = hub.service("before");
    onTestFinished(hub.add({ rates: { message: 1000 }, observe: (event) => void seen.push(event.kind) }));
    expect(before.sample("message")).toBe(true);
    expect(hub.service("after").sample("message")).toBe(true);
    expect(before.sample("bytes")).toBe(false);
    before.emit(message);
    before.emit({ kind: "close", conversation });
    expect(seen).toEqual(["message"]);
  });

  test("under load it takes a sample and reports how many events were sampled out", async () => {
    const hub = new TrafficHub();
    let seen = 0;
    let sampledOut = 0;
    onTestFinished(
      hub.add({
        rates: { message: 100 },
        observe: () => void seen++,
        sampledOut: (service, kind, count) => {
          expect([service, kind]).toEqual(["echo", "message"]);
          sampledOut += count;
        },
      }),
    );
    const traffic = hub.service("echo");
    for (let i = 0; i < 10_000; i++) if (traffic.sample("message")) traffic.emit(message);
    await until(() => sampledOut > 0);
    expect(seen).toBeLessThanOrEqual(100);
    expect(seen).toBeGreaterThan(0);
    expect(seen + sampledOut).toBe(10_000);
  });

  test("when the last observer is removed, nothing is sampled any more", () => {
    const hub = new TrafficHub();
    const traffic = hub.service("echo");
    const leave = hub.add({ rates: { bytes: 10 }, observe: () => {} });
    expect(traffic.sample("bytes")).toBe(true);
    leave();
    expect(traffic.sample("bytes")).toBe(false);
  });

  test("an observer with high rates does not flood one with low rates, which learns how many events it missed", async () => {
    const hub = new TrafficHub();
    let seen = 0;
    let modest = 0;
    let missed = 0;
    onTestFinished(hub.add({ rates: { message: 2000 }, observe: () => void seen++ }));
    onTestFinished(
      hub.add({
        rates: { message: 50 },
        observe: () => void modest++,
        sampledOut: (_service, _kind, count) => {
          missed += count;
        },
      }),
    );
    const traffic = hub.service("echo");
    // The tokens of a whole second have to accumulate first.
    await until(() => {
      for (let i = 0; i < 100; i++) if (traffic.sample("message")) traffic.emit(message);
      return seen >= 1000;
    });
    expect(modest).toBeLessThan(120);
    await until(() => missed > 0);
    expect(missed).toBeGreaterThan(500);
  });

  test("a rare topic is not lost behind a busy one", async () => {
    const hub = new TrafficHub();
    const seen = new Map<unknown, number>();
    onTestFinished(
      hub.add({
        rates: { message: 2000 },
        observe: (event) => {
          const topic = event.kind === "message" ? event.fields?.topic : undefined;
          seen.set(topic, (seen.get(topic) ?? 0) + 1);
        },
      }),
    );
    const traffic = hub.service("mqtt");
    const publish = (topic: string) => {
      if (traffic.sample("message")) traffic.emit({ ...message, fields: { topic } } as TrafficEvent);
    };
    let rare = 0;
    // One topic has ten thousand messages per second; the other comes when the sampling budget is used up.
    for (let tick = 0; tick < 5; tick++) {
      for (let i = 0; i < 700; i++) publish("busy");
      publish("rare");
      rare++;
      const before = seen.get("busy") ?? 0;
      await until(() => {
        publish("busy");
        return (seen.get("busy") ?? 0) > before;
      });
    }
    expect(seen.get("rare")).toBe(rare);
    expect(seen.get("busy")).toBeLessThan(2000);
  });

  test("an observer added later gets no count of what was sampled out before", async () => {
    const hub = new TrafficHub();
    onTestFinished(hub.add({ rates: { message: 10 }, observe: () => {} }));
    const traffic = hub.service("echo");
    for (let i = 0; i < 500; i++) traffic.sample("message");
    const counts: number[] = [];
    onTestFinished(
      hub.add({
        rates: { message: 10 },
        observe: () => {},
        sampledOut: (_service, _kind, count) => void counts.push(count),
      }),
    );
    for (let i = 0; i < 3; i++) traffic.sample("message");
    await until(() => counts.length > 0);
    expect(counts[0]).toBeLessThanOrEqual(3);
  });

  test("observers that are added and removed refill no tokens", () => {
    const hub = new TrafficHub();
    let logged = 0;
    onTestFinished(hub.add({ rates: { message: 20 }, observe: () => void logged++ }));
    const traffic = hub.service("echo");
    for (let i = 0; i < 50; i++) {
      hub.add({ rates: { message: 20, open: 5 }, observe: () => {} })();
      for (let n = 0; n < 5; n++) if (traffic.sample("message")) traffic.emit(message);
    }
    // The tokens of one refill; the timer has not fired.
    expect(logged).toBe(2);
  });

  test("rates are read when they may have changed, not by the clock", async () => {
    const hub = new TrafficHub();
    let reads = 0;
    let refills = 0;
    onTestFinished(
      hub.add({
        get rates() {
          reads++;
          return { message: 10 };
        },
        observe: () => void refills++,
      }),
    );
    const traffic = hub.service("echo");
    const before = reads;
    await until(() => {
      if (traffic.sample("message")) traffic.emit(message);
      return refills >= 3;
    });
    expect(reads).toBe(before);
    hub.updateRates();
    expect(reads).toBeGreaterThan(before);
  });

  test("events of a thread are sampled again for those who asked for less", () => {
    const hub = new TrafficHub();
    let modest = 0;
    onTestFinished(hub.add({ rates: { message: 2000 }, observe: () => {} }));
    onTestFinished(hub.add({ rates: { message: 10 }, observe: () => void modest++ }));
    hub.service("echo");
    for (let i = 0; i < 1000; i++) hub.relay(message);
    expect(modest).toBeLessThanOrEqual(10);
  });
});

test("an observer that throws is reported once, and neither the service nor the others notice it", () => {
  const errors: unknown[] = [];
  const hub = new TrafficHub((error) => errors.push(error));
  const seen: string[] = [];
  const rates = { message: 1000 };
  const removers = [
    hub.add({
      rates,
      observe: () => {
        throw new Error("it fails");
      },
    }),
    hub.add({ rates, observe: ({ kind }) => void seen.push(kind) }),
  ];
  onTestFinished(() => {
    for (const remove of removers) remove();
  });
  const traffic = hub.service("echo");
  for (let index = 0; index < 3; index++) {
    expect(traffic.sample("message")).toBe(true);
    traffic.emit(message);
  }
  expect(seen).toEqual(["message", "message", "message"]);
  expect(errors.map(String)).toEqual(["Error: it fails"]);
});
