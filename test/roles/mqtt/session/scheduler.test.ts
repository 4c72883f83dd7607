import { expect, test } from "bun:test";
import { Scheduler } from "../../../../src/roles/mqtt/session/scheduler.ts";
import { TestClock } from "../support/test-broker.ts";

test("a deferred call that throws leaves the others theirs, of this turn and of the next ones", () => {
  const clock = new TestClock();
  const errors: unknown[] = [];
  const scheduler = new Scheduler(clock, (error) => errors.push(error));
  const broken = new Error("a broken session");
  const done: string[] = [];
  scheduler.defer(() => {
    done.push("one");
    scheduler.defer(() => done.push("four"));
  });
  scheduler.defer(() => {
    throw broken;
  });
  scheduler.defer(() => done.push("three"));
  expect(clock.turn()).toBe(true);
  expect([done, errors]).toEqual([["one", "three"], [broken]]);
  expect(clock.turn()).toBe(false);
  expect([done, errors]).toEqual([["one", "three", "four"], [broken]]);
});
