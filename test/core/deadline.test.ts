import { describe, expect, test } from "bun:test";
import { late, onAbort, withDeadline, withTimeout } from "../../src/core/deadline.ts";
import { rejects } from "../support/rejects.ts";

const never = new Promise<never>(() => {});

describe("withTimeout", () => {
  test("gives what the work gives, if that comes first", async () => {
    expect(await withTimeout(Promise.resolve(7), 60_000)).toBe(7);
  });

  test("gives late when the time is over", async () => {
    expect(await withTimeout(never, 1)).toBe(late);
  });

  test("throws what the work throws", async () => {
    await rejects(withTimeout(Promise.reject(new Error("no")), 60_000), "no");
  });
});

describe("withDeadline", () => {
  test("gives what the work gives while the deadline has not come", async () => {
    expect(await withDeadline(Promise.resolve(7), new AbortController().signal)).toBe(7);
  });

  test("gives late when the deadline comes, or has come", async () => {
    const deadline = new AbortController();
    const race = withDeadline(never, deadline.signal);
    deadline.abort();
    expect(await race).toBe(late);
    expect(await withDeadline(never, AbortSignal.abort())).toBe(late);
  });

  test("leaves the work its moment after the deadline", async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const race = withDeadline(promise, AbortSignal.abort(), 60_000);
    resolve("just in time");
    expect(await race).toBe("just in time");
    expect(await withDeadline(never, AbortSignal.abort(), 1)).toBe(late);
  });
});

describe("onAbort", () => {
  test("calls at once for a signal that is aborted, and never when it was taken back", () => {
    let calls = 0;
    onAbort(AbortSignal.abort(), () => calls++);
    expect(calls).toBe(1);
    const controller = new AbortController();
    onAbort(controller.signal, () => calls++)();
    controller.abort();
    expect(calls).toBe(1);
  });
});
