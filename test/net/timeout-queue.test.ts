import { expect, onTestFinished, test } from "bun:test";
import net from "node:net";
import { TimeoutQueue } from "../../src/net/timeout-queue.ts";
import { RawClient } from "../support/raw-client.ts";
import { until } from "../support/until.ts";

function timeoutQueue(timeout: number) {
  const expired: string[] = [];
  const queue = new TimeoutQueue<string>(timeout, (item) => void expired.push(item));
  onTestFinished(() => queue.close());
  return { queue, expired };
}

test("items that are not removed in time expire, the oldest first", async () => {
  const { queue, expired } = timeoutQueue(20);
  for (const item of ["a", "b", "c"]) queue.add(item);
  expect([...queue]).toEqual(["a", "b", "c"]);
  expect(queue.remove("b")).toBe(true);
  expect(queue.remove("b")).toBe(false);
  expect(queue.size).toBe(2);
  await until(() => expired.length === 2);
  expect(expired).toEqual(["a", "c"]);
  expect(queue.remove("a")).toBe(false);
});

test("an item that is added later has the whole timeout, too", async () => {
  const { queue, expired } = timeoutQueue(40);
  queue.add("early");
  await until(() => expired.length === 1);
  const since = performance.now();
  queue.add("later");
  await until(() => expired.length === 2);
  expect(performance.now() - since).toBeGreaterThanOrEqual(39);
});

test("what arrived in time while the loop was busy is read before anything expires", async () => {
  const { queue, expired } = timeoutQueue(20);
  const server = net.createServer((socket) => void socket.on("data", () => void queue.remove("in time")));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as net.AddressInfo;
  const client = await RawClient.connect(port);
  queue.add("in time");
  queue.add("never");
  client.write("x");
  Bun.sleepSync(60);
  await until(() => queue.size === 0);
  expect(expired).toEqual(["never"]);
});

test("an item that is added again waits behind the others", async () => {
  const { queue, expired } = timeoutQueue(20);
  for (const item of ["a", "b", "a"]) queue.add(item);
  expect([...queue]).toEqual(["b", "a"]);
  expect(queue.has("a")).toBe(true);
  await until(() => expired.length === 2);
  expect(expired).toEqual(["b", "a"]);
  expect(queue.has("a")).toBe(false);
});

test("nothing expires after the close", async () => {
  const { queue, expired } = timeoutQueue(5);
  const other = timeoutQueue(15);
  queue.add("forgotten");
  other.queue.add("later");
  queue.close();
  await until(() => other.expired.length === 1);
  expect(expired).toEqual([]);
});
