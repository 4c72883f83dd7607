import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { topicMatches } from "../../../src/protocol/mqtt/topic.ts";
import { Routes, type Subscription } from "../../../src/roles/mqtt/routes.ts";
import { Session } from "../../../src/roles/mqtt/session.ts";
import { TopicTree } from "../../../src/roles/mqtt/topic-tree.ts";
import { TestBroker } from "./wire.ts";

const level = fc.constantFrom("a", "b", "", "$x");
const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/") || "a");
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("+")), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ["#"] : [])].join("/") || "#");

describe("the topic tree", () => {
  test("finds exactly what the rules of section 4.7 say, also after removals", () => {
    fc.assert(
      fc.property(fc.uniqueArray(filters, { maxLength: 20 }), topics, fc.nat(), (all, topic, some) => {
        const tree = new TopicTree<string>();
        for (const filter of all) tree.add(filter, filter);
        const gone = new Set(all.filter((_, index) => (index + some) % 3 === 0));
        for (const filter of gone) tree.remove(filter, filter);
        const found: string[] = [];
        tree.match(topic, (filter) => found.push(filter));
        const expected = all.filter((filter) => !gone.has(filter) && topicMatches(filter, topic));
        expect(found.sort()).toEqual(expected.sort());
      }),
      { numRuns: 500 },
    );
  });
});

describe("routes", () => {
  const { broker } = new TestBroker();
  const encoder = new TextEncoder();

  function subscription(clientId: string, filter: string, more: Partial<Subscription> = {}): Subscription {
    const session = new Session(clientId, broker);
    return { session, filter, qos: 0, noLocal: false, retainAsPublished: false, identifier: 0, ...more };
  }

  const names = (routes: Routes, topic: string) =>
    routes
      .targets(routes.ofText(topic))
      .map(({ session }) => session.clientId)
      .sort();

  test("are the same object for the same topic, as bytes and as text", () => {
    const routes = new Routes(10);
    const bytes = encoder.encode("..sister/temp..");
    const route = routes.ofBytes(bytes, 2, 13);
    expect(route.text).toBe("sister/temp");
    bytes.fill(0);
    expect(routes.ofText("sister/temp")).toBe(route);
    const again = encoder.encode("sister/temp");
    expect(routes.ofBytes(again, 0, again.length)).toBe(route);
  });

  test("learn of subscriptions that come and go, plain and with wildcards", () => {
    const routes = new Routes(10);
    const plain = subscription("plain", "a/b");
    const wild = subscription("wild", "a/+");
    expect(names(routes, "a/b")).toEqual([]);
    routes.add(plain);
    expect(names(routes, "a/b")).toEqual(["plain"]);
    routes.add(wild);
    expect(names(routes, "a/b")).toEqual(["plain", "wild"]);
    routes.remove(plain);
    expect(names(routes, "a/b")).toEqual(["wild"]);
    routes.remove(wild);
    expect(names(routes, "a/b")).toEqual([]);
    expect(routes.size).toBe(0);
  });

  test("are right however the cache is filled and emptied", () => {
    const routes = new Routes(10, 8);
    const held = routes.ofText("a/0");
    for (let index = 0; index < 100; index++) {
      routes.add(subscription(`s${index}`, `a/${index}`));
      expect(names(routes, `a/${index}`)).toEqual([`s${index}`]);
    }
    expect(held.isLive).toBe(false);
    expect(names(routes, "a/0")).toEqual(["s0"]);
  });

  test("cost a publish to a known topic the same with ten and with a hundred thousand subscriptions", () => {
    const routes = new Routes(10);
    const session = new Session("s", broker);
    const add = (filter: string) => routes.add({ ...subscription("s", filter), session });
    add("hot/topic");
    const hot = routes.ofText("hot/topic");
    const targets = routes.targets(hot);
    for (let index = 0; index < 100_000; index++) add(`t/${index}`);
    // Not even looked up again: no other plain subscription can concern it.
    expect(routes.targets(hot)).toBe(targets);
  });
});
