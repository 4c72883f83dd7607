import { expect, test } from "bun:test";
import fc from "fast-check";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import { PublishView } from "../../../../src/protocol/mqtt/publish-view.ts";
import { topicMatches } from "../../../../src/protocol/mqtt/topic.ts";
import { Retained } from "../../../../src/roles/mqtt/routing/retained.ts";
import { Message } from "../../../../src/roles/mqtt/wire/message.ts";

function message(topic: string, text: string): Message {
  const payload = new TextEncoder().encode(text);
  const flags = { dup: false, qos: 0, retain: true } as const;
  const bytes = encode({ type: "publish", version: 4, ...flags, topic, payload, properties: {} });
  const frame = new Frame();
  frame.read(bytes, 0, bytes.length);
  const view = new PublishView();
  view.read(bytes, 0, frame.body, frame.end, 4);
  return new Message({ text: topic, bytes: new TextEncoder().encode(topic) }, view, 0);
}

const topics = (retained: Retained, filter: string) =>
  [...retained.match(filter, () => 0)].flatMap((each) => (each === undefined ? [] : [each.topic.text]));

const limits = { maxRetained: 1000, maxRetainedBytes: 1_000_000 };
const level = fc.constantFrom("a", "b", "", "$x");
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/") || "a");
const filters = fc.oneof(
  topic,
  fc.constantFrom("#", "+", "+/+", "a/#", "a/+/b", "+/b/#", "$x/#", "/#", "/+"),
);

test("retained messages are matched by the rules of section 4.7, whatever was stored and removed", () => {
  const step = fc.tuple(topic, fc.boolean());
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), filters, (steps, filter) => {
      const retained = new Retained(limits, { onFull() {} });
      const model = new Set<string>();
      for (const [name, isKept] of steps) {
        retained.keep(message(name, isKept ? "x" : ""));
        if (isKept) model.add(name);
        else model.delete(name);
      }
      const found = topics(retained, filter);
      expect(found.sort()).toEqual([...model].filter((name) => topicMatches(filter, name)).sort());
      expect(retained.size).toBe(model.size);
    }),
    { numRuns: 500 },
  );
});

test("the last message stored for a topic replaces the previous one", () => {
  const retained = new Retained(limits, { onFull() {} });
  for (const text of ["first", "last"]) retained.keep(message("a", text));
  const [found] = retained.match("a", () => 0);
  expect(found && String(Buffer.from(found.bytes.subarray(found.payloadStart)))).toBe("last");
});

test("maxRetainedBytes limits all messages together, and a message that does not fit removes the older one", () => {
  let refused = 0;
  const retained = new Retained({ maxRetained: 10, maxRetainedBytes: 1600 }, { onFull: () => refused++ });
  retained.keep(message("a", "x".repeat(300)));
  retained.keep(message("b", "x".repeat(300)));
  retained.keep(message("c", "x".repeat(300)));
  expect([retained.size, refused]).toEqual([2, 1]);
  retained.keep(message("b", "x".repeat(3000)));
  expect(topics(retained, "#")).toEqual(["a"]);
  retained.keep(message("a", ""));
  retained.keep(message("c", "x".repeat(700)));
  expect([retained.size, refused]).toEqual([1, 2]);
});

test("a topic of any depth is found and removed", () => {
  const retained = new Retained(limits, { onFull() {} });
  const deep = `deep${"/x".repeat(2000)}`;
  retained.keep(message(deep, "x"));
  expect(topics(retained, "#")).toEqual([deep]);
  expect(topics(retained, `+${"/+".repeat(2000)}`)).toEqual([deep]);
  retained.keep(message(deep, ""));
  expect(topics(retained, "#")).toEqual([]);
});

test("each topic level counts towards the bytes, once for all topics that share it", () => {
  let refused = 0;
  const retained = new Retained({ maxRetained: 10, maxRetainedBytes: 3500 }, { onFull: () => refused++ });
  retained.keep(message("a/b/c/d/e/f/g/h", "x"));
  retained.keep(message("1/2/3/4", "x"));
  expect([retained.size, refused]).toEqual([1, 1]);
  retained.keep(message("a/b/c/d/e/f/g/i", "x"));
  expect([retained.size, refused]).toEqual([2, 1]);
  for (const last of ["h", "i"]) retained.keep(message(`a/b/c/d/e/f/g/${last}`, ""));
  retained.keep(message("1/2/3/4/5/6/7/8/9/10", "x"));
  expect([retained.size, refused]).toEqual([1, 1]);
});

test("a search without matches yields every few hundred nodes", () => {
  const retained = new Retained(limits, { onFull() {} });
  for (let index = 0; index < 1000; index++) retained.keep(message(`t${index}`, "x"));
  const pauses = [...retained.match("+/none", () => 0)];
  expect(pauses.every((each) => each === undefined)).toBe(true);
  expect(pauses.length).toBeGreaterThanOrEqual(5);
});

test("a topic with topics below it keeps its own message, whatever the order of removal", () => {
  const retained = new Retained(limits, { onFull() {} });
  for (const name of ["a", "a/b/c", "a/b"]) retained.keep(message(name, "x"));
  expect(topics(retained, "a/#")).toEqual(["a", "a/b", "a/b/c"]);
  retained.keep(message("a/b", ""));
  expect(topics(retained, "a/#")).toEqual(["a", "a/b/c"]);
  for (const name of ["a", "a/b/c"]) retained.keep(message(name, ""));
  expect([retained.size, retained.bytes, retained.total, retained.payloadBytes]).toEqual([0, 0, 0, 0]);
});

test("a large message is stored without packing, and can be replaced by a small one", () => {
  const retained = new Retained(limits, { onFull() {} });
  const large = message("a", "x".repeat(100_000));
  retained.keep(large);
  expect([...retained.match("a", () => 0)]).toContain(large);
  expect(retained.payloadBytes).toBe(100_000);
  retained.keep(message("a", "small"));
  expect(retained.payloadBytes).toBe(5);
  expect(retained.bytes).toBeLessThan(1000);
});

test("who has retained much may not take the last quarter, which is for others", () => {
  const refused: (string | undefined)[] = [];
  const retained = new Retained(
    { maxRetained: 1000, maxRetainedBytes: 1e9 },
    { onFull: (_, greedy) => refused.push(greedy) },
  );
  for (let n = 0; n < 900; n++) retained.keep(message(`greedy/${n}`, "x"), "mallory");
  expect([retained.size, refused.length, refused[0]]).toEqual([750, 150, "mallory"]);
  for (let n = 0; n < 90; n++) retained.keep(message(`honest/${n}`, "x"), "ani");
  expect([retained.size, refused.length]).toEqual([840, 150]);
  // What one has already may be replaced, and taken away.
  retained.keep(message("greedy/7", "new"), "mallory");
  retained.keep(message("greedy/8", ""), "mallory");
  expect([retained.size, refused.length]).toEqual([839, 150]);
  // The broker itself, and other nodes, may use all of it.
  for (let n = 0; n < 200; n++) retained.keep(message(`own/${n}`, "x"));
  expect([retained.size, refused.at(-1)]).toEqual([1000, undefined]);
});

test("bytes count as topics do, with what the tree takes for deep topics; what is gone does not count", () => {
  const refused: (string | undefined)[] = [];
  const retained = new Retained(
    { maxRetained: 1_000_000, maxRetainedBytes: 4_000_000 },
    { onFull: (_, greedy) => refused.push(greedy) },
  );
  const deep = (n: number) => `${n}/${"level/".repeat(60)}end`;
  let kept = 0;
  for (let n = 0; refused.length === 0; n++, kept++)
    retained.keep(message(deep(n), "x".repeat(20_000)), "mallory");
  expect(retained.bytes).toBeWithin(2_900_000, 3_000_001);
  for (let n = 0; n < kept; n++) retained.keep(message(deep(n), ""), "ani");
  expect([retained.size, retained.bytes]).toEqual([0, 0]);
  refused.length = 0;
  for (let n = 0; n < 50; n++) retained.keep(message(deep(n), "x".repeat(20_000)), "mallory");
  expect(refused).toEqual([]);
});
