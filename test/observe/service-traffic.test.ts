import { describe, expect, test } from "bun:test";
import type { TrafficEvent, TrafficKind } from "../../src/core/traffic.ts";
import { everyEvent, type SampleRates } from "../../src/observe/observer.ts";
import { ServiceTraffic } from "../../src/observe/service-traffic.ts";

const message: TrafficEvent = {
  kind: "message",
  conversation: { id: "echo#1", service: "echo", transport: "tcp", local: "", remote: "" },
  direction: "in",
  text: "halo",
};

function observer(rates: SampleRates) {
  const reports: [TrafficKind, number][] = [];
  let seen = 0;
  return {
    rates,
    observe: () => void seen++,
    sampledOut: (_service: string, kind: TrafficKind, count: number) => void reports.push([kind, count]),
    get seen() {
      return seen;
    },
    /** What was reported since the last call. */
    reported: () => reports.splice(0),
  };
}

describe("events that were sampled out", () => {
  test("are reported once, and again only when there are further ones", () => {
    // Events are built for the first one; the second gets fewer of them than there are.
    const [most, few] = [observer({ message: 2000 }), observer({ message: 50 })];
    const traffic = new ServiceTraffic("echo", new Set([most, few]));
    const publish = (count: number) => {
      for (let i = 0; i < count; i++) if (traffic.sample("message")) traffic.emit(message);
    };
    for (const count of [5000, 3000]) {
      const before = [most.seen, few.seen];
      publish(count);
      traffic.reportSampledOut();
      expect(most.reported()).toEqual([["message", count - (most.seen - before[0]!)]]);
      expect(few.reported()).toEqual([["message", count - (few.seen - before[1]!)]]);
      for (let second = 0; second < 3; second++) traffic.reportSampledOut();
      expect([most.reported(), few.reported()]).toEqual([[], []]);
    }
  });
});

test("what an observer has no room for counts as sampled out for it alone", () => {
  const [full, other] = [observer({ message: everyEvent }), observer({ message: everyEvent })];
  let hasRoom = true;
  const limited = Object.assign(full, { hasRoom: () => hasRoom });
  const traffic = new ServiceTraffic("echo", new Set([limited, other]));
  traffic.emit(message);
  hasRoom = false;
  traffic.emit(message);
  traffic.emit(message);
  traffic.reportSampledOut();
  expect([full.seen, full.reported(), other.seen, other.reported()]).toEqual([1, [["message", 2]], 3, []]);
});

describe("messages that belong together", () => {
  /** What an observer has seen of each group. */
  function grouped(rate: number) {
    const seen = new Map<number, number>();
    const traffic = new ServiceTraffic(
      "echo",
      new Set([
        {
          rates: { message: rate },
          observe: (event: TrafficEvent) => {
            const group = event.kind === "message" ? (event.group ?? 0) : 0;
            seen.set(group, (seen.get(group) ?? 0) + 1);
          },
        },
      ]),
    );
    return { traffic, seen };
  }

  for (const rate of [20, 2000])
    test(`are seen both or neither, of far more than ${rate} a second`, () => {
      const { traffic, seen } = grouped(rate);
      for (let exchange = 0; exchange < 10_000; exchange++) {
        const group = traffic.begin(2);
        if (group === 0) continue;
        traffic.emit({ ...message, group });
        traffic.emit({ ...message, direction: "out", group });
      }
      expect(seen.size).toBeGreaterThan(0);
      expect([...new Set(seen.values())]).toEqual([2]);
    });

  test("follow the first one, up to sixteen, and count as sampled out beyond or without it", () => {
    const { traffic, seen } = grouped(2000);
    const shown = traffic.begin();
    traffic.emit({ ...message, group: shown });
    for (let delivery = 0; delivery < 100; delivery++)
      if (traffic.follow(shown)) traffic.emit({ ...message, direction: "out", group: shown });
    expect(seen.get(shown)).toBe(17);
    expect(traffic.follow(0)).toBe(false);
  });

  test("are on their own when they come long after the first one", () => {
    const { traffic } = grouped(2000);
    const group = traffic.begin();
    for (let delivery = 0; delivery < 16; delivery++) traffic.follow(group);
    expect(traffic.follow(group)).toBe(false);
    for (let refill = 0; refill < 20; refill++) traffic.refill();
    expect(traffic.follow(group)).toBe(true);
  });

  test("cost the tokens of later ones, so that the rate is kept", () => {
    const { traffic, seen } = grouped(100);
    for (let refill = 0; refill < 100; refill++) {
      for (let publish = 0; publish < 50; publish++) {
        const group = traffic.begin();
        if (group > 0) traffic.emit({ ...message, group });
        for (let delivery = 0; delivery < 10; delivery++)
          if (traffic.follow(group)) traffic.emit({ ...message, group });
      }
      traffic.refill();
    }
    const total = [...seen.values()].reduce((sum, count) => sum + count, 0);
    // Ten seconds, and what was saved before.
    expect(total).toBeLessThan(1200);
    expect(Math.max(...seen.values())).toBe(11);
  });

  test("leave others their turn at once, whatever one group has taken", () => {
    const { traffic, seen } = grouped(2000);
    // Deliveries of a run whose messages were all seen as they came in.
    const groups = Array.from({ length: 1000 }, () => traffic.begin());
    for (const group of groups) {
      if (group > 0) traffic.emit({ ...message, group });
      for (let delivery = 0; delivery < 16; delivery++)
        if (traffic.follow(group)) traffic.emit({ ...message, group });
    }
    for (let refill = 0; refill < 3; refill++) traffic.refill();
    seen.clear();
    const group = traffic.begin();
    expect(group).toBeGreaterThan(0);
    traffic.emit({ ...message, group });
    expect(seen.get(group)).toBe(1);
  });
});
