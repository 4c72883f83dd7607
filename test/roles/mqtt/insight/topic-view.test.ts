import { expect, test } from "bun:test";
import { openInsight } from "../../../../src/roles/mqtt/insight/insight.ts";
import { TestBroker } from "../support/test-broker.ts";

type Row = Record<string, unknown>;
interface TopicAnswer extends Row {
  readonly values: readonly { readonly payload: string }[];
  readonly publishers: readonly Row[];
  readonly subscribers: readonly Row[];
}

function setup() {
  const test = new TestBroker();
  const { views, actions } = openInsight(test.broker);
  return {
    test,
    topic: (name: string) => views.topic?.({ topic: name }) as TopicAnswer,
    top: () => views.top?.({}) as { readonly topics: readonly Row[]; readonly publishers: readonly Row[] },
    clear: (input: unknown) => actions["clear-retained"]?.(input),
  };
}

const base64 = (text: string) => Buffer.from(text).toString("base64");

test("a topic is shown with its values, its retained message, its publishers and its subscribers", () => {
  const { test, topic } = setup();
  const [sensor, panel] = [test.connect("sensor"), test.connect("panel")];
  panel.subscribe("sister/#", 1);
  test.connect("worker", 5).subscribe("$share/group/sister/temp", 0);
  sensor.publish("sister/temp", '{"suhu":27}', { retain: true });
  expect(topic("sister/temp").values).toHaveLength(1);
  sensor.publish("sister/temp", '{"suhu":28}');
  sensor.publish("sister/temp", '{"suhu":29}', { qos: 1 });
  const shown = topic("sister/temp");
  expect(shown).toMatchObject({
    topic: "sister/temp",
    last: { payload: base64('{"suhu":29}'), size: 11, qos: 1, retain: false, isRetained: false },
    retained: { payload: base64('{"suhu":27}'), size: 11, qos: 0, expiresIn: null },
    ...{ count: 3, bytes: 33, subscriberCount: 2 },
  });
  expect(shown.values.map(({ payload }) => payload)).toEqual(
    ['{"suhu":27}', '{"suhu":28}', '{"suhu":29}'].map(base64),
  );
  expect(shown.publishers).toMatchObject([{ clientId: "sensor", messages: 3, bytes: 33 }]);
  expect(shown.subscribers).toEqual([
    { clientId: "worker", filter: "$share/group/sister/temp", qos: 0 },
    { clientId: "panel", filter: "sister/#", qos: 1 },
  ]);
});

test("a topic that nobody has published to is shown empty, and leaves no trace", () => {
  const { test, topic } = setup();
  test.connect("a").subscribe("t/+", 0);
  const unmatched = test.broker.router.unmatchedFilters.size;
  expect(topic("t/1")).toMatchObject({ last: null, retained: null, count: 0, values: [], publishers: [] });
  expect([...test.broker.router.topics()]).not.toContain("t/1");
  expect(test.broker.router.unmatchedFilters.size).toBe(unmatched);
  expect(() => topic("t/#")).toThrow("topic must be the name of a topic such as sister/temp");
});

test("a retained message is deleted as a client deletes it", () => {
  const { test, topic, clear } = setup();
  const [sensor, panel] = [test.connect("sensor"), test.connect("panel")];
  panel.subscribe("kept", 0);
  sensor.publish("kept", "1", { retain: true });
  expect(clear({ topic: "kept" })).toEqual({ topic: "kept", cleared: true });
  expect(topic("kept")).toMatchObject({ retained: null, last: { size: 0 } });
  test.clock.settle();
  expect(panel.messages().at(-1)).toBe("kept: ");
  expect(() => clear({ topic: "kept" })).toThrow('"kept" has no retained message');
  expect(() => clear({ topic: "$SYS/broker/version" })).toThrow("nothing can be deleted");
  expect(() => clear({})).toThrow('give { "topic": "sister/temp" }');
});

test("who floods comes first, by messages and by bytes", () => {
  const { test, top } = setup();
  const [many, large] = [test.connect("many"), test.connect("large")];
  top();
  for (let second = 0; second < 3; second++) {
    many.send(...Array.from({ length: 40 }, () => many.message("small", "x")));
    large.publish("large", "x".repeat(5000));
    test.clock.advance(1000);
    top();
  }
  const { topics, publishers } = top();
  expect(topics).toMatchObject([
    { topic: "small", rate: 40, byteRate: 40, count: 120 },
    { topic: "large", rate: 1, byteRate: 5000, bytes: 15_000 },
  ]);
  expect(publishers).toMatchObject([
    { clientId: "many", rate: 40, byteRate: 40, count: 120 },
    { clientId: "large", rate: 1, byteRate: 5000, bytes: 15_000 },
  ]);
});
