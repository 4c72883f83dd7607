import { expect, test } from "bun:test";
import { SharedReading } from "../../src/net/shared-reading.ts";
import { rejects } from "../support/rejects.ts";

/** Readings that end when they are told to. */
function start() {
  let now = 0;
  const begun: { readonly at: number; readonly end: (value: string) => void }[] = [];
  const sleepers: { readonly until: number; readonly wake: () => void }[] = [];
  const reading = new SharedReading<string>({
    read: () => new Promise((end) => void begun.push({ at: now, end })),
    now: () => now,
    sleep: (ms) => new Promise<void>((wake) => void sleepers.push({ until: now + ms, wake })),
  });
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  const pass = async (ms: number) => {
    now += ms;
    for (const { until, wake } of sleepers) if (until <= now) wake();
    await settle();
  };
  return { reading, begun, settle, pass };
}

test("a thousand who ask at once share a reading; who asks while it is under way gets the next one", async () => {
  const { reading, begun, settle, pass } = start();
  const first = Array.from({ length: 1000 }, () => reading.get());
  await settle();
  expect(begun).toHaveLength(1);
  const later = Array.from({ length: 1000 }, () => reading.get());
  await pass(500);
  // Never two at once.
  expect(begun).toHaveLength(1);
  begun[0]!.end("old");
  await settle();
  expect(begun).toHaveLength(2);
  begun[1]!.end("new");
  expect(new Set(await Promise.all(first))).toEqual(new Set(["old"]));
  expect(new Set(await Promise.all(later))).toEqual(new Set(["new"]));
});

test("ten begin in a second at most", async () => {
  const { reading, begun, settle, pass } = start();
  for (let ms = 0; ms < 1000; ms++) {
    void reading.get();
    await settle();
    begun.at(-1)?.end("");
    await pass(1);
  }
  expect(begun.slice(0, 10).map(({ at }) => at)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
});

test("one that fails fails for those who wait for it, and not for the next ones", async () => {
  let fails = true;
  const read = async () => {
    if (fails) throw new Error("no");
    return "there";
  };
  const reading = new SharedReading({ read, sleep: async () => {} });
  await rejects(reading.get(), "no");
  fails = false;
  expect(await reading.get()).toBe("there");
});
