import { expect, test } from "bun:test";
import { openInsight } from "../../../../src/roles/mqtt/insight/insight.ts";
import { TestBroker } from "../support/test-broker.ts";

interface Answer {
  readonly topics: readonly Record<string, unknown>[];
  readonly truncated: boolean;
}

function setup(config: Record<string, unknown> = {}) {
  const test = new TestBroker(config);
  const { views } = openInsight(test.broker);
  const topics = (query: Record<string, string> = {}) => views.topics?.(query) as Answer;
  return { test, topics, rows: (query: Record<string, string> = {}) => topics(query).topics };
}

test("a topic is shown with its last message, its count and its rate, from the first request on", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  client.publish("sister/temp", "before the first request");
  expect(rows()).toEqual([]);
  const before = Date.now();
  client.publish("sister/temp", "Suhu: 27°C");
  client.publish("sister/temp", "Suhu: 28°C", { qos: 1 });
  const [row] = rows();
  expect(row).toMatchObject({
    ...{ topic: "sister/temp", last: "Suhu: 28°C", size: 11, qos: 1, retained: false, count: 2 },
  });
  expect(row?.time).toBeWithin(before, Date.now() + 1);
});

test("the rate is that of the last five seconds", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  rows();
  for (let second = 0; second < 4; second++) {
    client.send(...Array.from({ length: 30 }, () => client.message("t", "x")));
    test.clock.advance(1000);
  }
  expect(rows()[0]).toMatchObject({ count: 120, rate: 30 });
  test.clock.advance(3000);
  expect(rows()[0]).toMatchObject({ count: 120, rate: 12 });
  test.clock.advance(2000);
  expect(rows()[0]).toMatchObject({ count: 120, rate: 0 });
});

test("the last message of a publish run is kept, and the beginning of a large payload", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  rows();
  client.send(...["one", "two", "six"].map((text) => client.message("t", text)));
  expect(rows()[0]).toMatchObject({ last: "six", count: 3, size: 3 });
  client.publish("t", `${"x".repeat(255)}°${"y".repeat(5000)}`);
  expect(rows()[0]).toMatchObject({ last: `${"x".repeat(255)}…`, count: 4, size: 5257 });
  client.publish("t", "\u001b[2J");
  expect(rows()[0]?.last).toBe("\\x1b[2J");
});

test("retained messages are shown at once, and marked", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  client.publish("kept/one", "1", { retain: true });
  client.publish("kept/two", "2", { retain: true, qos: 1 });
  expect(rows()).toEqual([
    { topic: "kept/one", last: "1", size: 1, qos: 0, retained: true, count: 0, rate: 0, time: null },
    { topic: "kept/two", last: "2", size: 1, qos: 1, retained: true, count: 0, rate: 0, time: null },
  ]);
  client.publish("kept/one", "3");
  client.publish("kept/two", "", { retain: true });
  expect(rows()).toMatchObject([
    { topic: "kept/one", last: "3", retained: true, count: 1 },
    { topic: "kept/two", last: "", size: 0, retained: false, count: 1 },
  ]);
});

test("watching ends ten seconds after the last request, and starts again with the next", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  rows();
  test.clock.advance(6000);
  rows();
  test.clock.advance(9000);
  expect(test.broker.watch).toBeDefined();
  client.publish("t", "x");
  test.clock.advance(1000);
  expect(test.broker.watch).toBeUndefined();
  expect(rows()).toEqual([]);
  client.publish("t", "y");
  expect(rows()).toMatchObject([{ topic: "t", last: "y", count: 1 }]);
});

test("a filter selects topics, a limit truncates the list, and the answer says so", () => {
  const { test, topics } = setup();
  const client = test.connect("publisher");
  topics();
  for (const topic of ["b/2", "a/1", "b/1"]) client.publish(topic, "x");
  const names = (query: Record<string, string>) => {
    const { topics: rows, truncated } = topics(query);
    return [rows.map(({ topic }) => topic).join(" "), truncated];
  };
  expect(names({})).toEqual(["a/1 b/1 b/2", false]);
  expect(names({ filter: "b/+" })).toEqual(["b/1 b/2", false]);
  expect(names({ limit: "2" })).toEqual(["a/1 b/1", true]);
});

test("$SYS topics are shown only when the filter asks for them", () => {
  const { test, rows } = setup({ sysInterval: 1000 });
  test.clock.advance(1000);
  expect(rows()).toEqual([]);
  const topics = rows({ filter: "$SYS/#" }).map(({ topic }) => topic);
  expect(topics).toContain("$SYS/broker/version");
});

test("no more than 5,000 topics are watched, and the answer says so", () => {
  const { test, topics } = setup();
  const client = test.connect("publisher");
  topics();
  client.send(...Array.from({ length: 5001 }, (_, index) => client.message(`t/${index}`, "x")));
  expect(test.broker.watch?.topics.size).toBe(5000);
  expect(topics({ filter: "t/1" })).toMatchObject({ topics: [{ topic: "t/1" }], truncated: true });
  client.publish("t/1", "still counted");
  expect(topics({ filter: "t/1" }).topics[0]).toMatchObject({ count: 2, last: "still counted" });
});

test("an invalid query is answered with what would be valid", () => {
  const { topics } = setup();
  expect(() => topics({ limit: "0" })).toThrow('limit must be a whole number from 1 to 2000, and is "0"');
  expect(() => topics({ limit: "1e3" })).toThrow("limit must be");
  expect(() => topics({ limit: "2001" })).toThrow("limit must be");
  expect(() => topics({ filter: "a/#/b" })).toThrow('"a/#/b" has "#" before its last level');
  expect(() => topics({ client: "x" })).toThrow(
    'there is no "client" to ask for: limit, filter can be given',
  );
});
