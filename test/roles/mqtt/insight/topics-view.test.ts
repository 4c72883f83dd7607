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

test("a topic is shown with its last message, its count and its bytes since the broker started", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  const before = Date.now();
  client.publish("sister/temp", "before the first request");
  test.clock.advance(1000);
  expect(rows()).toMatchObject([{ topic: "sister/temp", last: "before the first request", count: 1 }]);
  client.publish("sister/temp", "Suhu: 27°C");
  client.publish("sister/temp", "Suhu: 28°C", { qos: 1 });
  const [row] = rows();
  expect(row).toMatchObject({
    ...{ topic: "sister/temp", last: "Suhu: 28°C", size: 11, qos: 1, count: 3, bytes: 46 },
    ...{ retained: false, retainedValue: null, isLastRetained: false },
  });
  expect(row?.time).toBeWithin(before, Date.now() + 1);
});

test("rates are those of the last five seconds, in messages and in bytes", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  for (let second = 0; second < 4; second++) {
    client.send(...Array.from({ length: 30 }, () => client.message("t", "xy")));
    test.clock.advance(1000);
  }
  expect(rows()[0]).toMatchObject({ count: 120, rate: 30, byteRate: 60 });
  test.clock.advance(3000);
  expect(rows()[0]).toMatchObject({ count: 120, rate: 12, byteRate: 24 });
  test.clock.advance(2000);
  expect(rows()[0]).toMatchObject({ count: 120, rate: 0, byteRate: 0 });
  client.publish("t", "x");
  test.clock.advance(1000);
  expect(rows()[0]).toMatchObject({ count: 121, rate: 1 });
});

test("the last message of a publish run is kept, and the beginning of a large payload", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  client.send(...["one", "two", "six"].map((text) => client.message("t", text)));
  expect(rows()[0]).toMatchObject({ last: "six", count: 3, size: 3 });
  client.publish("t", `${"x".repeat(255)}°${"y".repeat(5000)}`);
  expect(rows()[0]).toMatchObject({ last: `${"x".repeat(255)}…`, count: 4, size: 5257 });
  client.publish("t", "\u001b[2J");
  expect(rows()[0]?.last).toBe("\\x1b[2J");
});

test("what is retained stands apart from the last value, and says whether they are the same", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  const parts = () =>
    rows().map(({ last, retained, retainedValue, isLastRetained }) => [
      ...[last, retained, retainedValue, isLastRetained],
    ]);
  client.publish("t", "1", { retain: true });
  expect(parts()).toEqual([["1", true, "1", true]]);
  client.publish("t", "2");
  expect(parts()).toEqual([["2", true, "1", false]]);
  client.publish("t", "1");
  expect(parts()).toEqual([["1", true, "1", false]]);
  client.publish("t", "", { retain: true });
  expect(parts()).toEqual([["", false, null, false]]);
});

test("a topic is listed that retains a message from before the broker started", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  client.publish("kept", "1", { retain: true, qos: 1 });
  test.broker.statistics.topics.clear();
  expect(rows()).toMatchObject([
    { topic: "kept", last: null, count: 0, rate: 0, time: null, retained: true, retainedValue: "1" },
  ]);
});

test("a filter selects topics, a limit truncates the list, and the answer says so", () => {
  const { test, topics } = setup();
  const client = test.connect("publisher");
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

test("topics are found by their names and by their values, and sorted by a column", () => {
  const { test, rows } = setup();
  const client = test.connect("publisher");
  client.send(client.message("Kamar/suhu", "hangat"), client.message("dapur/suhu", "Panas"));
  client.send(client.message("dapur/suhu", "panas sekali"), client.message("pintu", "buka"));
  client.publish("lampu", "nyala", { retain: true });
  client.publish("lampu", "padam");
  const names = (query: Record<string, string>) => rows(query).map(({ topic }) => topic);
  expect(names({ search: "SUHU" })).toEqual(["Kamar/suhu", "dapur/suhu"]);
  expect(names({ search: "panas" })).toEqual(["dapur/suhu"]);
  expect(names({ search: "nyala" })).toEqual(["lampu"]);
  expect(names({ sort: "-count" }).slice(0, 2).sort()).toEqual(["dapur/suhu", "lampu"]);
  expect(names({ sort: "bytes" }).at(-1)).toBe("dapur/suhu");
});

test("an invalid query is answered with what would be valid", () => {
  const { topics } = setup();
  expect(() => topics({ limit: "0" })).toThrow('limit must be a whole number from 1 to 2000, and is "0"');
  expect(() => topics({ limit: "1e3" })).toThrow("limit must be");
  expect(() => topics({ limit: "2001" })).toThrow("limit must be");
  expect(() => topics({ filter: "a/#/b" })).toThrow('"a/#/b" has "#" before its last level');
  expect(() => topics({ client: "x" })).toThrow(
    'there is no "client" to ask for: limit, filter, search, sort can be given',
  );
  expect(() => topics({ sort: "-colour" })).toThrow("sort must be one of topic, count, bytes, rate");
  expect(() => topics({ sort: "constructor" })).toThrow("sort must be one of");
});
