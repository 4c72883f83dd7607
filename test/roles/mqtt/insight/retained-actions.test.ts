import { expect, test } from "bun:test";
import type { AuditFields } from "../../../../src/core/audit.ts";
import { openInsight } from "../../../../src/roles/mqtt/insight/insight.ts";
import { TestBroker } from "../support/test-broker.ts";

const asker = { by: "bu-sri", from: "127.0.0.1:4711" };

function setup() {
  const records: (AuditFields & { event: string })[] = [];
  const test = new TestBroker({}, { audit: (event, fields) => void records.push({ event, ...fields }) });
  const { actions } = openInsight(test.broker);
  const client = test.connect("publisher");
  const retain = (...topics: string[]) => {
    for (const topic of topics) client.publish(topic, "kept", { retain: true });
  };
  return {
    ...{ test, records, retain },
    clear: (input: unknown) => actions["clear-retained"]?.(input, asker),
    remove: (input: unknown) => actions["delete-retained"]?.(input, asker),
    deleted: () => records.filter(({ event }) => event === "retained-deleted"),
  };
}

test("the retained message of one topic is deleted, and those who listen get the empty message", () => {
  const { test, clear, retain, deleted } = setup();
  retain("a", "b");
  const listener = test.connect("listener");
  listener.subscribe("c/#", 0);
  expect(clear({ topic: "a" })).toEqual({ topic: "a", cleared: true });
  expect(test.broker.retained.size).toBe(1);
  expect(deleted()).toEqual([{ event: "retained-deleted", topic: "a", ...asker }]);
  expect(() => clear({ topic: "a" })).toThrow('"a" has no retained message');
});

test("those that a filter matches are deleted, and no others", () => {
  const { test, remove, retain, deleted } = setup();
  retain("kelas/a/suhu", "kelas/b/suhu", "kelas/b/kelembapan", "rumah/suhu");
  expect(remove({ filter: "kelas/+/suhu" })).toEqual({ filter: "kelas/+/suhu", deleted: 2, more: false });
  expect(test.broker.retained.size).toBe(2);
  expect(deleted().map(({ topic }) => topic)).toEqual(["kelas/a/suhu", "kelas/b/suhu"]);
  expect(remove({ filter: "kelas/+/suhu" })).toEqual({ filter: "kelas/+/suhu", deleted: 0, more: false });
});

test("many are deleted some hundreds at a time, so that others get their turn", () => {
  const { test, remove, retain } = setup();
  retain(...Array.from({ length: 501 }, (_, index) => `t/${index}`));
  expect(remove({ filter: "#" })).toMatchObject({ deleted: 500, more: true });
  expect(remove({ filter: "#" })).toMatchObject({ deleted: 1, more: false });
  expect(test.broker.retained.size).toBe(0);
});

test("the broker's own topics cannot be named", () => {
  const { remove } = setup();
  expect(() => remove({ filter: "$SYS/#" })).toThrow("what $SYS holds is the broker's own");
});

for (const [input, complaint] of [
  [{ filter: "a/#/b" }, '"a/#/b" is no topic filter: it '],
  [{ topic: "a" }, 'give { "filter": "sister/#" }'],
  [{}, 'give { "filter": "sister/#" }'],
] as const) {
  test(`delete-retained refuses ${JSON.stringify(input)}`, () => {
    const { remove, retain, test } = setup();
    retain("a");
    expect(() => remove(input)).toThrow(complaint);
    expect(test.broker.retained.size).toBe(1);
  });
}
