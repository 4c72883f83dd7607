import { expect, test } from "bun:test";
import { CheckQueue } from "../../../../src/roles/mqtt/auth/check-queue.ts";

/** Tasks that end when the test ends them. */
class Tasks {
  readonly turns = new CheckQueue(2);
  readonly started: string[] = [];
  readonly #ends: (() => void)[] = [];

  add(origin: string, name: string, isGone = () => false): Promise<string | undefined> {
    return this.turns.take(origin, isGone, () => {
      this.started.push(name);
      return new Promise((resolve) => this.#ends.push(() => resolve(name)));
    });
  }

  /** Ends the oldest running task. */
  async end(): Promise<void> {
    this.#ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const always = () => false;

test("two tasks run at once, and origins take turns", async () => {
  const tasks = new Tasks();
  for (let i = 1; i <= 5; i++) void tasks.add("many", `many ${i}`);
  const one = tasks.add("one", "one");
  expect(tasks.started).toEqual(["many 1", "many 2"]);
  await tasks.end();
  await tasks.end();
  expect(tasks.started).toEqual(["many 1", "many 2", "many 3", "one"]);
  await tasks.end();
  await tasks.end();
  expect(await one).toBe("one");
  expect(tasks.started).toEqual(["many 1", "many 2", "many 3", "one", "many 4", "many 5"]);
});

test("a task whose client is gone is skipped", async () => {
  const tasks = new Tasks();
  void tasks.add("a", "first");
  void tasks.add("a", "second");
  let isGone = false;
  const abandoned = tasks.add("a", "abandoned", () => isGone);
  const last = tasks.add("a", "last");
  isGone = true;
  await tasks.end();
  expect(await abandoned).toBeUndefined();
  expect(tasks.started).toEqual(["first", "second", "last"]);
  await tasks.end();
  await tasks.end();
  expect(await last).toBe("last");
});

test("a task that fails does not block the next", async () => {
  const turns = new CheckQueue(2);
  const fail = () => Promise.reject(new Error("broken"));
  const failures = await Promise.allSettled([1, 2, 3].map(() => turns.take("a", always, fail)));
  expect(failures.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(await turns.take("a", always, async () => "done")).toBe("done");
});
