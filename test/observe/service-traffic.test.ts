import { describe, expect, test } from "bun:test";
import type { TrafficEvent, TrafficKind } from "../../src/core/traffic.ts";
import type { SampleRates } from "../../src/observe/observer.ts";
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
