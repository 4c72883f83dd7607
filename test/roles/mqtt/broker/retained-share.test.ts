import { expect, test } from "bun:test";
import { TestBroker } from "../support/test-broker.ts";

test("sessions of one user retain together, and the log names who has taken too much", () => {
  const test = new TestBroker({ maxRetained: 1000 });
  for (const name of ["one", "two"]) {
    const greedy = test.connect(name, 5, { username: "mallory" });
    for (let n = 0; n < 450; n++) greedy.publish(`${name}/${n}`, "x", { retain: true });
  }
  expect(test.broker.retained.size).toBe(750);
  const honest = test.connect("three", 5, { username: "ani" });
  for (let n = 0; n < 90; n++) honest.publish(`three/${n}`, "x", { retain: true });
  expect(test.broker.retained.size).toBe(840);
  expect(test.log.filter((line) => line.startsWith("warning"))).toEqual([
    expect.stringContaining("retain less than mallory"),
  ]);
});
