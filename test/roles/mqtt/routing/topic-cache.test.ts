import { describe, expect, test } from "bun:test";
import { Subscribers } from "../../../../src/roles/mqtt/routing/subscribers.ts";
import { TopicCache } from "../../../../src/roles/mqtt/routing/topic-cache.ts";
import type { TopicRoute } from "../../../../src/roles/mqtt/routing/topic-route.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

/** So many topics that are not in a full cache are needed until one takes the place of another. */
const admission = 16;

const limits = { maxTopicLevels: 10, maxTopicLength: 65_535 };

describe("a topic cache that is full", () => {
  const maxTopics = 100;

  function full() {
    const cache = new TopicCache(limits, maxTopics, new Subscribers(""));
    const routes = Array.from({ length: maxTopics }, (_, index) => cache.ofText(`old/${index}`));
    /** Topics that are not in it, up to the one that gets in. */
    const admitOne = (name: string): TopicRoute => {
      for (let index = 1; index < admission; index++)
        expect(cache.ofText(`${name}/${index}`).isCached).toBe(false);
      return cache.ofText(name);
    };
    return { cache, routes, admitOne };
  }

  test("replaces one topic by another, and keeps all the rest", () => {
    const { cache, routes, admitOne } = full();
    expect(routes.every(({ isCached }) => isCached)).toBe(true);
    for (let count = 1; count <= 10; count++) {
      const before = [...cache.topics()];
      const admitted = admitOne(`new/${count}`);
      expect(admitted.isCached).toBe(true);
      const after = [...cache.topics()];
      expect(after).toHaveLength(maxTopics);
      expect(after.filter((topic) => !before.includes(topic))).toEqual([admitted.text]);
    }
  });

  test("finds what it holds after any number of replacements, as bytes and as text, and nothing else", () => {
    const { cache, routes, admitOne } = full();
    const all = [...routes];
    for (let count = 0; count < 1000; count++) all.push(admitOne(`new/${count}`));
    const held = all.filter(({ isCached }) => isCached);
    expect(held.map(({ text }) => text).sort()).toEqual([...cache.topics()].sort());
    expect(held).toHaveLength(maxTopics);
    for (const route of held) {
      const bytes = Buffer.from(route.text);
      expect(cache.ofBytes(bytes, 0, bytes.length)).toBe(route);
      expect(cache.ofText(route.text)).toBe(route);
    }
    for (const { text, isCached } of all) expect(cache.get(text) !== undefined).toBe(isCached);
  });

  test("is full by the length of its topics as well, and by that, too, replaces them one by one", () => {
    const cache = new TopicCache(limits, maxTopics, new Subscribers(""));
    const long = (index: number) => `${index}/`.padEnd(10_000, "x");
    const routes = Array.from({ length: 1000 }, (_, index) => cache.ofText(long(index)));
    const held = routes.filter(({ isCached }) => isCached);
    // 400 bytes for each topic that it may hold: the fifth of these goes beyond it.
    expect(held).toHaveLength(5);
    expect(held.map(({ text }) => text)).toEqual([...cache.topics()]);
    // Short ones take the places of these, and then there is room for more.
    for (let index = 0; index < 10_000; index++) cache.ofText(`short/${index}`);
    expect([...cache.topics()]).toHaveLength(maxTopics);
  });
});

describe("a topic that has left the cache", () => {
  /** Publishes to other topics until a publisher's last topic is not cached any more. */
  function evictTopicOf(publisher: TestClient): void {
    const { router } = publisher.test.broker;
    for (let index = 0; publisher.connection.lastTopic?.isCached; index++)
      router.topicNamed(`other/${index}`);
  }

  function scene(properties = {}) {
    const test = new TestBroker({ topicCacheSize: 100, sysInterval: 0 });
    const early = test.connect("early");
    early.subscribe("held");
    const publisher = test.connect("publisher", 5);
    publisher.publish("held", "cached", { properties });
    expect(early.messages()).toEqual(["held: cached"]);
    evictTopicOf(publisher);
    return { test, early, publisher };
  }

  test.each([
    ["the last one of its publisher", "held", {}],
    ["a topic alias", "", { topicAlias: 1 }],
  ])(
    "reaches its subscribers, those of before and those who come, while it is %s",
    (_, topic, properties) => {
      const { test, early, publisher } = scene(properties);
      publisher.publish(topic, "evicted", { properties });
      expect(early.messages()).toEqual(["held: evicted"]);
      const late = test.connect("late");
      for (const filter of ["held", "+"]) late.subscribe(filter);
      evictTopicOf(publisher);
      publisher.publish(topic, "again", { properties });
      expect(early.messages()).toEqual(["held: again"]);
      expect(late.messages()).toEqual(["held: again"]);
    },
  );

  test.each([
    ["the last one of its publisher", "held", {}],
    ["a topic alias", "", { topicAlias: 1 }],
  ])("is cached again soon while it is %s", (_, topic, properties) => {
    const { test, publisher } = scene(properties);
    for (let count = 0; count < admission; count++) publisher.publish(topic, "x", { properties });
    expect([...test.broker.router.topics()]).toContain("held");
  });
});
