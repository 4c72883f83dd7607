import { expect, onTestFinished, test } from "bun:test";
import { ConnectRate } from "../../../src/net/tcp/connect-rate.ts";

/** A rate with a clock that stands still until it is set. */
function rateOf(perSecond: number) {
  const clock = { now: 0 };
  const entered: number[] = [];
  const displaced: number[] = [];
  const rate = new ConnectRate<number>({
    perSecond,
    enter: (connection) => void entered.push(connection),
    displaced: (connection) => void displaced.push(connection),
    now: () => clock.now,
  });
  onTestFinished(() => rate.stop());
  const take = (connection: number, address = "203.0.113.7") => rate.take(connection, address);
  return { rate, take, clock, entered, displaced };
}

test("a second's worth comes in at once, the next ones wait and come in at the rate, in order", () => {
  const { rate, take, clock, entered } = rateOf(10);
  const taken = Array.from({ length: 15 }, (_, index) => take(index));
  expect(taken).toEqual([...Array(10).fill("enters"), ...Array(5).fill("waits")]);
  expect(rate.waiting).toBe(5);
  clock.now = 99;
  rate.letIn();
  expect(entered).toEqual([]);
  clock.now = 300;
  rate.letIn();
  expect(entered).toEqual([10, 11, 12]);
  clock.now = 10_000;
  rate.letIn();
  expect(entered).toEqual([10, 11, 12, 13, 14]);
});

test("nobody overtakes those who wait", () => {
  const { rate, take, clock, entered } = rateOf(1);
  expect([take(1), take(2)]).toEqual(["enters", "waits"]);
  clock.now = 5000;
  expect(take(3)).toBe("waits");
  rate.letIn();
  expect(entered).toEqual([2]);
  clock.now = 6000;
  rate.letIn();
  expect(entered).toEqual([2, 3]);
});

test("after a pause of any length no more than a second's worth comes in at once", () => {
  const { take, clock } = rateOf(5);
  clock.now = 3_600_000;
  const taken = Array.from({ length: 7 }, (_, index) => take(index));
  expect(taken.filter((one) => one === "enters")).toHaveLength(5);
});

test("those who would wait longer than ten seconds are refused, and who has left makes room", () => {
  const { rate, take } = rateOf(2);
  const taken = Array.from({ length: 23 }, (_, index) => take(index));
  expect(taken.filter((one) => one === "waits")).toHaveLength(20);
  expect(taken.at(-1)).toBe("refused");
  rate.gone(5);
  expect(take(99)).toBe("waits");
});

test("a rate below one a second lets one in at a time", () => {
  const { rate, take, clock, entered } = rateOf(0.5);
  expect([take(1), take(2)]).toEqual(["enters", "waits"]);
  clock.now = 1999;
  rate.letIn();
  expect(entered).toEqual([]);
  clock.now = 2000;
  rate.letIn();
  expect(entered).toEqual([2]);
});

test("addresses take turns, however many connections of one wait", () => {
  const { rate, take, clock, entered } = rateOf(1);
  for (let count = 0; count < 5; count++) take(count, "203.0.113.7");
  take(100, "198.51.100.1");
  take(200, "198.51.100.2");
  clock.now = 4000;
  for (let count = 0; count < 4; count++) {
    rate.letIn();
    clock.now += 1000;
  }
  expect(entered).toEqual([1, 100, 200, 2]);
});

test("one address cannot fill the queue: another one takes the place of its last", () => {
  const { take, displaced, rate } = rateOf(1);
  take(0);
  for (let count = 1; count <= 10; count++) expect(take(count)).toBe("waits");
  expect(take(11)).toBe("refused");
  expect(take(100, "198.51.100.1")).toBe("waits");
  expect([take(101, "198.51.100.1"), displaced]).toEqual(["refused", [10]]);
  for (let count = 2; count <= 9; count++) expect(take(100 * count, `198.51.100.${count}`)).toBe("waits");
  expect(displaced).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2]);
  // Each has one place now.
  expect(take(1000, "198.51.100.10")).toBe("refused");
  expect(rate.waiting).toBe(10);
  rate.gone(100);
  expect(take(1000, "198.51.100.10")).toBe("waits");
});
