import { expect, test } from "bun:test";
import { FairTurns } from "../../../../src/roles/mqtt/users/fair-turns.ts";

/** Work that ends when the test says so. */
class Works {
  readonly turns = new FairTurns();
  readonly started: string[] = [];
  readonly #ends: (() => void)[] = [];

  add(origin: string, name: string, isGone = () => false): Promise<string | undefined> {
    return this.turns.take(origin, isGone, () => {
      this.started.push(name);
      return new Promise((resolve) => this.#ends.push(() => resolve(name)));
    });
  }

  /** Ends the oldest that is under way. */
  async end(): Promise<void> {
    this.#ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const always = () => false;

test("two are under way at once, and origins take turns", async () => {
  const works = new Works();
  for (let i = 1; i <= 5; i++) void works.add("many", `many ${i}`);
  const one = works.add("one", "one");
  expect(works.started).toEqual(["many 1", "many 2"]);
  await works.end();
  await works.end();
  expect(works.started).toEqual(["many 1", "many 2", "many 3", "one"]);
  await works.end();
  await works.end();
  expect(await one).toBe("one");
  expect(works.started).toEqual(["many 1", "many 2", "many 3", "one", "many 4", "many 5"]);
});

test("who has gone does not take its turn", async () => {
  const works = new Works();
  void works.add("a", "first");
  void works.add("a", "second");
  let isGone = false;
  const left = works.add("a", "left", () => isGone);
  const stays = works.add("a", "stays");
  isGone = true;
  await works.end();
  expect(await left).toBeUndefined();
  expect(works.started).toEqual(["first", "second", "stays"]);
  await works.end();
  await works.end();
  expect(await stays).toBe("stays");
});

test("work that fails makes way for the next", async () => {
  const turns = new FairTurns();
  const fail = () => Promise.reject(new Error("broken"));
  const failures = await Promise.allSettled([1, 2, 3].map(() => turns.take("a", always, fail)));
  expect(failures.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(await turns.take("a", always, async () => "done")).toBe("done");
});
