import { expect, test } from "bun:test";
import type { AuditFields } from "../../../../src/core/audit.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { openInsight } from "../../../../src/roles/mqtt/insight/insight.ts";
import { TestBroker } from "../support/test-broker.ts";

const asker = { by: "bu-sri", from: "127.0.0.1:4711" };

function setup() {
  const records: (AuditFields & { event: string })[] = [];
  const test = new TestBroker({}, { audit: (event, fields) => void records.push({ event, ...fields }) });
  const { actions } = openInsight(test.broker);
  return { test, records, kick: (input: unknown) => actions.kick?.(input, asker) };
}

const keeping = { cleanStart: false, properties: { sessionExpiryInterval: 600 } };

test("a client that is kicked is told why, its will is published, and its session waits for it", () => {
  const { test, kick, records } = setup();
  const watcher = test.connect("watcher");
  watcher.subscribe("gone", 0);
  const will = { topic: "gone", payload: Buffer.from("a"), qos: 0 as const, retain: false, properties: {} };
  const client = test.connect("a", 5, { ...keeping, will });
  client.subscribe("t", 1);
  expect(kick({ client: "a" })).toEqual({ client: "a", disconnected: true, sessionDeleted: false });
  expect(client.next("disconnect")).toMatchObject({ reasonCode: Reason.AdministrativeAction });
  expect(client.state).toBe("ended");
  test.clock.settle();
  expect(watcher.messages()).toEqual(["gone: a"]);
  expect(test.broker.sessions.get("a")?.subscriptions.size).toBe(1);
  expect(records.map(({ event }) => event)).toEqual([
    ...["client-connected", "client-connected", "client-kicked", "client-disconnected"],
  ]);
  expect(records[2]).toMatchObject({ client: "a", address: "there:1", ...asker });
});

test("before MQTT 5 it is closed without a word", () => {
  const { test, kick } = setup();
  const client = test.connect("a", 4);
  kick({ client: "a" });
  expect(client.take()).toEqual([]);
  expect(client.state).toBe("ended");
});

test("with dropSession nothing is left of it, whether it is connected or away", () => {
  const { test, kick, records } = setup();
  test.connect("here", 5, keeping).subscribe("t", 1);
  const away = test.connect("away", 5, keeping);
  away.subscribe("t", 1);
  away.connection.closed();
  test.connect("publisher").publish("t", "x", { qos: 1 });
  expect(test.broker.sessions.get("away")?.queue.length).toBe(1);
  expect(kick({ client: "here", dropSession: true })).toMatchObject({
    disconnected: true,
    sessionDeleted: true,
  });
  expect(kick({ client: "away", dropSession: true })).toMatchObject({
    disconnected: false,
    sessionDeleted: true,
  });
  expect([...test.broker.sessions.keys()]).toEqual(["publisher"]);
  expect(test.broker.router.size).toBe(0);
  expect(records.filter(({ event }) => event === "session-deleted").map(({ client }) => client)).toEqual([
    ...["here", "away"],
  ]);
});

test("the session of a client whose session ends with its connection may be dropped, too", () => {
  const { test, kick } = setup();
  test.connect("a", 4);
  expect(kick({ client: "a", dropSession: true })).toMatchObject({
    disconnected: true,
    sessionDeleted: true,
  });
  expect(test.broker.sessions.size).toBe(0);
});

for (const [input, complaint] of [
  [
    { client: "sensor-2" },
    'no client with the identifier "sensor-2" has a session here; did you mean "sensor-1"?',
  ],
  [{ client: "away" }, '"away" is not connected; with dropSession its session is deleted'],
  [{ client: 1 }, 'give { "client": "sensor-1"'],
  [{ client: "sensor-1", drop: true }, 'give { "client": "sensor-1"'],
  ["sensor-1", 'give { "client": "sensor-1"'],
] as const) {
  test(`kick refuses ${JSON.stringify(input)}`, () => {
    const { test, kick, records } = setup();
    test.connect("sensor-1");
    test.connect("away", 5, keeping).connection.closed();
    const before = records.length;
    expect(() => kick(input)).toThrow(complaint);
    expect(records).toHaveLength(before);
    expect(test.broker.clients.size).toBe(1);
  });
}
