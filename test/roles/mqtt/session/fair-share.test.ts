import { expect, test } from "bun:test";
import { JournalingStore } from "../support/journaling-store.ts";
import { TestBroker, TestClock } from "../support/test-broker.ts";

const kilobyte = "x".repeat(1000);

/** Clients that are away, and how many messages each has waiting. */
function setup(config: Record<string, unknown>, ports: ConstructorParameters<typeof TestBroker>[1] = {}) {
  const test = new TestBroker({ maxInflight: 10, ...config }, ports);
  const publisher = test.connect("publisher");
  const absent = (clientId: string, username?: string) => {
    const user = username === undefined ? {} : { username };
    const client = test.connect(clientId, 4, { cleanStart: false, ...user });
    client.subscribe(clientId, 1);
    client.cut();
  };
  const publish = (topic: string, count: number) => {
    for (let index = 0; index < count; index++) publisher.publish(topic, `${index} ${kilobyte}`, { qos: 1 });
  };
  const queueOf = (clientId: string) => test.broker.sessions.get(clientId)!.queue;
  const numbers = (clientId: string) =>
    [...queueOf(clientId)].map(({ message }) => parseInt(Buffer.from(message.bytes).toString(), 10));
  return { test, absent, publish, queueOf, numbers };
}

test("at the limit of all clients the one that holds most loses its oldest messages, and not the newcomer", () => {
  const { test, absent, publish, queueOf, numbers } = setup({ maxAllQueuedBytes: 1_500_000 });
  absent("greedy");
  absent("honest");
  publish("greedy", 900);
  const before = queueOf("greedy").length;
  publish("honest", 300);
  expect(queueOf("honest").length).toBe(300);
  expect(numbers("honest")).toEqual(Array.from({ length: 300 }, (_, index) => index));
  const lost = before - queueOf("greedy").length;
  expect(lost).toBeGreaterThan(100);
  expect(numbers("greedy")[0]).toBe(lost);
  expect(test.broker.queued.bytes).toBeLessThanOrEqual(1_500_000);
  expect(test.broker.sessions.get("greedy")?.outgoing.dropped).toBe(900 - queueOf("greedy").length);
});

test("many sessions of one user count together, however little each of them holds", () => {
  const { absent, publish, queueOf } = setup({ maxAllQueuedBytes: 1_000_000 });
  const greedy = Array.from({ length: 60 }, (_, index) => `greedy-${index}`);
  for (const name of greedy) absent(name, "mallory");
  absent("honest", "ani");
  for (const name of greedy) publish(name, 30);
  publish("honest", 200);
  expect(queueOf("honest").length).toBe(200);
  const left = greedy.reduce((sum, name) => sum + queueOf(name).length, 0);
  expect(left).toBeGreaterThan(200);
});

test("two who hold the same do not take each other's messages", () => {
  const { absent, publish, queueOf, numbers } = setup({ maxAllQueuedBytes: 1_000_000 });
  for (const name of ["a", "b"]) absent(name);
  for (let round = 0; round < 60; round++) for (const name of ["a", "b"]) publish(name, 10);
  const [a, b] = [queueOf("a").length, queueOf("b").length];
  expect(Math.abs(a - b)).toBeLessThan(70);
  expect(numbers("a")[0]).toBe(0);
});

test("what a client loses to others is taken out of its store as well", async () => {
  const clock = new TestClock();
  const store = new JournalingStore(clock);
  const { test, absent, publish, queueOf } = setup({ maxAllQueuedBytes: 1_000_000 }, { clock, store });
  absent("greedy");
  absent("honest");
  publish("greedy", 900);
  publish("honest", 200);
  test.broker.stop();
  const { sessions } = await new JournalingStore(clock, store.committed).load();
  const kept = [...sessions].find(({ clientId }) => clientId === "greedy");
  expect([...(kept?.deliveries ?? [])].length).toBe(queueOf("greedy").length);
});

for (const count of [50, 500])
  test(`a newcomer gets nearly as much as each of ${count} who hold little, and together all there is`, () => {
    const { test, absent, publish, queueOf, numbers } = setup({ maxAllQueuedBytes: 4_000_000 });
    const greedy = Array.from({ length: count }, (_, index) => `greedy-${index}`);
    for (const name of [...greedy, "honest"]) absent(name);
    for (const name of greedy) publish(name, Math.ceil(8000 / count));
    test.clock.advance(200);
    publish("honest", 100);
    const average = greedy.reduce((sum, name) => sum + queueOf(name).length, 0) / count;
    expect(queueOf("honest").length).toBeGreaterThan(Math.floor(average * 0.6));
    expect(numbers("honest")[0]).toBe(0);
    expect(test.broker.queued.bytes).toBeLessThanOrEqual(4_000_000);
  });

test("none of thousands who take from each other is heaped wrongly: the one that holds most loses first", () => {
  const { test, absent, publish, queueOf } = setup({ maxAllQueuedBytes: 3_000_000 });
  const names = Array.from({ length: 40 }, (_, index) => `client-${index}`);
  for (const name of [...names, "honest"]) absent(name);
  for (const [index, name] of names.entries()) publish(name, 3 * index);
  const before = names.map((name) => queueOf(name).length);
  test.clock.advance(200);
  publish("honest", 60);
  const lost = names.map((name, index) => before[index]! - queueOf(name).length);
  const least = Math.min(...names.filter((_, index) => lost[index]! > 0).map((name) => queueOf(name).length));
  // Whoever has lost something has no less than the others who have lost nothing.
  for (const [index, name] of names.entries())
    if (lost[index] === 0) expect(queueOf(name).length).toBeLessThanOrEqual(least + 1);
});
