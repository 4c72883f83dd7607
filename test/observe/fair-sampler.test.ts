import { describe, expect, test } from "bun:test";
import type { TrafficEvent } from "../../src/core/traffic.ts";
import { FairSampler } from "../../src/observe/fair-sampler.ts";

const event = (topic: string): TrafficEvent => ({
  kind: "message",
  conversation: { id: "mqtt#1", service: "mqtt", transport: "tcp", local: "", remote: "" },
  direction: "in",
  text: "",
  fields: { topic },
});

const busy = event("busy");

function sampler(rate: number): FairSampler {
  const made = new FairSampler("message");
  made.setRate(rate);
  return made;
}

/** A busy topic takes all it can get. @returns how many that was */
function drain(made: FairSampler): number {
  let taken = 0;
  while (made.tryTake(busy)) taken++;
  return taken;
}

describe("the sampler", () => {
  test("gives a rare topic its share in every tenth of a second, however long another takes the rest", () => {
    const made = sampler(2000);
    for (let refill = 0; refill < 100; refill++) {
      drain(made);
      // Five each: a message as it comes in, and as it goes out to a few subscribers.
      const rare = Array.from({ length: 6 }, () => made.tryTake(event("rare")));
      expect(rare).toEqual([true, true, true, true, true, false]);
      made.refill();
    }
  });

  test("hands on no more than its rate, the rare topics included", () => {
    const made = sampler(2000);
    let taken = 0;
    for (let refill = 0; refill < 100; refill++) {
      taken += drain(made);
      for (let index = 0; index < 100; index++) if (made.tryTake(event(`rare ${index}`))) taken++;
      made.refill();
    }
    expect(taken).toBeLessThanOrEqual(10 * 2000);
    expect(taken).toBeGreaterThan(9 * 2000);
  });

  test("saves tokens of one second at most", () => {
    const made = sampler(2000);
    for (let refill = 0; refill < 100; refill++) made.refill();
    let taken = drain(made);
    for (let index = 0; index < 5000; index++) if (made.tryTake(event(`rare ${index}`))) taken++;
    expect(taken).toBe(2000);
  });

  test("has what a refill gives at once when its rate rises, and nothing more when it is set again", () => {
    const made = sampler(20);
    expect(drain(made)).toBe(2);
    made.setRate(2000);
    expect(drain(made)).toBe(100);
    made.setRate(2000);
    expect(drain(made)).toBe(0);
  });
});
