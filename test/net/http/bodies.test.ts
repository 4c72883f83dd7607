import { expect, onTestFinished, test } from "bun:test";
import { BodyTimeoutError, PendingBodies } from "../../../src/net/http/bodies.ts";
import { until } from "../../support/until.ts";

function pendingBodies(limits: Partial<ConstructorParameters<typeof PendingBodies>[0]>): PendingBodies {
  const bodies = new PendingBodies({ timeout: 60_000, maxBodies: 100, maxBytes: 1000, ...limits });
  onTestFinished(() => bodies.close());
  return bodies;
}

const never = () => new Promise<string>(() => {});
const outcome = (body: Promise<string>) => body.catch((error: unknown) => error);

test("a body that arrives is handed over and is pending no more", async () => {
  const bodies = pendingBodies({});
  const body = bodies.wait(Promise.resolve("here"), 4);
  expect(bodies.count).toBe(1);
  expect(await body).toBe("here");
  expect(bodies.count).toBe(0);
});

test("each body has the whole time, and no more", async () => {
  const bodies = pendingBodies({ timeout: 60 });
  const start = performance.now();
  const first = outcome(bodies.wait(never(), 1));
  await until(() => performance.now() - start > 30);
  const between = performance.now();
  const second = outcome(bodies.wait(never(), 1));
  expect(await first).toBeInstanceOf(BodyTimeoutError);
  expect(performance.now() - start).toBeGreaterThanOrEqual(59);
  expect(await second).toBeInstanceOf(BodyTimeoutError);
  expect(performance.now() - between).toBeGreaterThanOrEqual(59);
  expect(bodies.count).toBe(0);
});

test.each([
  ["too many", { maxBodies: 2 }, 1],
  ["too large together", { maxBytes: 250 }, 100],
])("when they are %s the oldest gives way", async (_, limits, size) => {
  const bodies = pendingBodies(limits);
  const oldest = outcome(bodies.wait(never(), size));
  bodies.wait(never(), size).catch(() => {});
  const newest = bodies.wait(Promise.resolve("here"), size);
  expect(await oldest).toBeInstanceOf(BodyTimeoutError);
  expect(await newest).toBe("here");
  expect(bodies.count).toBe(1);
});
