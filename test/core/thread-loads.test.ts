import { expect, test } from "bun:test";
import { ThreadLoads } from "../../src/core/thread-loads.ts";

test("the least busy are the positions of the threads with the fewest clients", () => {
  const loads = ThreadLoads.forThreads(3);
  expect(loads.leastBusy()).toBe(0n);
  for (const thread of [1, 3, 2]) loads.listens(thread);
  expect(loads.leastBusy()).toBe(0b111n);
  loads.add(1, 2);
  loads.add(2, 1);
  loads.add(3, 2);
  expect(loads.leastBusy()).toBe(0b100n);
  loads.add(2, 2);
  expect(loads.leastBusy()).toBe(0b011n);
});

test("the last listener gets the position of one that is gone, and its clients are forgotten", () => {
  const loads = ThreadLoads.forThreads(3);
  for (const thread of [1, 2, 3]) {
    loads.listens(thread);
    loads.add(thread, thread);
  }
  loads.targets = loads.leastBusy();
  expect(loads.targets).toBe(0b001n);
  loads.gone(1);
  expect(loads.targets).toBe(0n);
  loads.add(3, -3);
  expect(loads.leastBusy()).toBe(0b001n);
  loads.listens(1);
  loads.add(3, 5);
  expect(loads.leastBusy()).toBe(0b100n);
});

test("a thread with at most an eighth more clients is as good", () => {
  const loads = ThreadLoads.forThreads(2);
  for (const thread of [1, 2]) loads.listens(thread);
  loads.add(1, 18);
  loads.add(2, 16);
  expect(loads.leastBusy()).toBe(0b11n);
  loads.add(1, 1);
  expect(loads.leastBusy()).toBe(0b10n);
});

test("there may be 64 threads", () => {
  const loads = ThreadLoads.forThreads(64);
  for (let thread = 1; thread <= 64; thread++) {
    loads.listens(thread);
    loads.add(thread, thread === 64 ? 0 : 1);
  }
  loads.targets = loads.leastBusy();
  expect(loads.targets).toBe(1n << 63n);
});

test("the numbers are the same in every thread, and a lock whose holder has died is free again", () => {
  const main = ThreadLoads.forThreads(2);
  const worker = new ThreadLoads(main.memory);
  for (const thread of [1, 2]) main.listens(thread);
  worker.add(1, 1);
  expect(main.leastBusy()).toBe(0b10n);
  main.exclusively(() => {
    expect(worker.exclusively(() => {})).toBe(false);
    main.gone(2);
    expect(worker.exclusively(() => {})).toBe(true);
  });
});
