import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { topicMatches } from "../../../../src/protocol/mqtt/topic.ts";
import { FilterTree } from "../../../../src/roles/mqtt/routing/filter-tree.ts";
import { Router, subscriptionBytes } from "../../../../src/roles/mqtt/routing/router.ts";
import {
  Subscription,
  type SubscriptionOptions,
  type Target,
} from "../../../../src/roles/mqtt/routing/subscription.ts";
import { Session } from "../../../../src/roles/mqtt/session/session.ts";
import { TestBroker } from "../support/test-broker.ts";

const level = fc.constantFrom("a", "b", "", "$x");
const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/") || "a");
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("+")), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([levels, isOpen]) => [...levels, ...(isOpen ? ["#"] : [])].join("/") || "#");

describe("the topic tree", () => {
  test("matches exactly by the rules of section 4.7, also after removals", () => {
    fc.assert(
      fc.property(fc.uniqueArray(filters, { maxLength: 20 }), topics, fc.nat(), (all, topic, some) => {
        const tree = new FilterTree<string>();
        for (const filter of all) tree.getOrAdd(filter, () => filter);
        const deleted = new Set(all.filter((_, index) => (index + some) % 3 === 0));
        for (const filter of deleted) tree.delete(filter);
        const found: string[] = [];
        tree.match(topic, (filter) => found.push(filter));
        const expected = all.filter((filter) => !deleted.has(filter) && topicMatches(filter, topic));
        expect(found.sort()).toEqual(expected.sort());
      }),
      { numRuns: 2000 },
    );
  });

  test("accepts any depth, and keeps an existing value", () => {
    const tree = new FilterTree<number>();
    const deep = Array.from({ length: 20_000 }, () => "a").join("/");
    expect(tree.getOrAdd(`${deep}/+/#`, () => 1)).toBe(1);
    expect(tree.getOrAdd(`${deep}/+/#`, () => 2)).toBe(1);
    const found: number[] = [];
    tree.match(`${deep}/b/c`, (value) => found.push(value));
    tree.match(deep, (value) => found.push(value));
    expect(found).toEqual([1]);
  });
});

test("subscriptions of overlapping filters that are merged again count as work of the router", () => {
  const test = new TestBroker();
  for (let index = 0; index < 100; index++) {
    const client = test.connect(`subscriber ${index}`);
    for (const filter of ["a/#", "a/+"]) client.subscribe(filter);
  }
  const publisher = test.connect("publisher");
  const { router } = test.broker;
  const cost = () => {
    const before = router.work;
    publisher.publish("a/b", "x");
    return router.work - before;
  };
  cost();
  const known = cost();
  publisher.subscribe("a/+");
  expect(cost()).toBeGreaterThanOrEqual(known + 100);
});

describe("the router", () => {
  const { broker } = new TestBroker();
  const encoder = { encode: (text: string) => Buffer.from(text) };

  function subscription(
    clientId: string,
    filter: string,
    session = new Session(clientId, undefined, broker),
    more: Partial<SubscriptionOptions> = {},
  ): Subscription {
    const options = { qos: 0, noLocal: false, retainAsPublished: false, identifier: 0 } as const;
    const made = new Subscription(session, { filter, ...options, ...more });
    session.subscriptions.set(filter, made);
    return made;
  }

  function targets(router: Router, topic: string): Target[] {
    const { main, others, skip } = router.recipients(router.topicNamed(topic));
    const ofMain = main.subscriptions.filter(({ subscriber }) => skip?.has(subscriber) !== true);
    return [...ofMain, ...others];
  }

  const names = (router: Router, topic: string) =>
    targets(router, topic)
      .map(({ subscriber }) => subscriber.clientId)
      .sort();

  interface Granted {
    readonly clientId: string;
    readonly qos: number;
    readonly noLocal: boolean;
    readonly retainAsPublished: boolean;
    readonly identifiers: readonly number[];
  }

  /** What a subscriber gets by all its subscriptions that match. */
  const merged = (clientId: string, all: readonly Subscription[]): Granted => ({
    clientId,
    qos: Math.max(...all.map(({ qos }) => qos)),
    noLocal: all.every(({ noLocal }) => noLocal),
    retainAsPublished: all.some(({ retainAsPublished }) => retainAsPublished),
    identifiers: all.flatMap(({ identifier }) => (identifier === 0 ? [] : [identifier])).sort(),
  });

  const described = ({ subscriber, qos, noLocal, retainAsPublished, subscriptionIds }: Target): Granted => ({
    clientId: subscriber.clientId,
    ...{ qos, noLocal, retainAsPublished, identifiers: [...(subscriptionIds ?? [])].sort() },
  });

  const byClient = (one: Granted, other: Granted) => (one.clientId < other.clientId ? -1 : 1);

  test("returns the same route for the same topic, as bytes and as text", () => {
    const router = new Router({ maxTopicLevels: 10, maxTopicLength: 65_535 });
    const bytes = encoder.encode("..sister/temp..");
    const route = router.topicOf(bytes, 2, 13);
    expect(route.text).toBe("sister/temp");
    bytes.fill(0);
    expect(router.topicNamed("sister/temp")).toBe(route);
    const again = encoder.encode("sister/temp");
    expect(router.topicOf(again, 0, again.length)).toBe(route);
  });

  test("updates a cached route when subscriptions are added and removed, plain and with wildcards", () => {
    const router = new Router({ maxTopicLevels: 10, maxTopicLength: 65_535 });
    const plain = subscription("plain", "a/b");
    const wild = subscription("wild", "a/+");
    expect(names(router, "a/b")).toEqual([]);
    router.subscribe(plain);
    expect(names(router, "a/b")).toEqual(["plain"]);
    router.subscribe(wild);
    expect(names(router, "a/b")).toEqual(["plain", "wild"]);
    router.unsubscribe(plain);
    expect(names(router, "a/b")).toEqual(["wild"]);
    router.unsubscribe(wild);
    expect(names(router, "a/b")).toEqual([]);
    expect(router.size).toBe(0);
  });

  test("finds the subscribers after topics were evicted from the cache", () => {
    const router = new Router({ maxTopicLevels: 10, maxTopicLength: 65_535 }, { maxTopics: 8 });
    const held = router.topicNamed("a/0");
    // One in sixteen replaces a topic at random: by then the first one has been replaced.
    for (let index = 0; index < 3000; index++) {
      router.subscribe(subscription(`s${index}`, `a/${index}`));
      expect(names(router, `a/${index}`)).toEqual([`s${index}`]);
    }
    expect(held.isCached).toBe(false);
    expect(names(router, "a/0")).toEqual(["s0"]);
  });

  test("finds each session once after any changes, with what all its matching filters ask for [MQTT-3.3.4-2] [MQTT-3.3.4-4]", () => {
    // No local and retain as published are set in half of them, so that matching filters agree and differ.
    const options = fc.record({
      qos: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
      noLocal: fc.boolean(),
      retainAsPublished: fc.boolean(),
      identifier: fc.nat(3),
    });
    // Several filters of one client match most topics, so that merging them is what is tested.
    const filter = fc.oneof(filters, fc.constantFrom("#", "+/#", "+/+", "a/#", "a/+", "+/b", "a/b"));
    const topic = fc.oneof(topics, fc.constant("a/b"));
    const change = fc.record({ client: fc.nat(4), filter, isGone: fc.boolean(), topic, options });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const router = new Router({ maxTopicLevels: 10, maxTopicLength: 65_535 });
        const sessions = Array.from({ length: 5 }, (_, index) => new Session(`s${index}`, undefined, broker));
        for (const { client, filter, isGone, topic, options } of changes) {
          const session = sessions[client]!;
          const before = session.subscriptions.get(filter);
          if (isGone && before !== undefined) {
            session.subscriptions.delete(filter);
            router.unsubscribe(before);
          } else if (!isGone) {
            const next = subscription(session.clientId, filter, session, options);
            if (before === undefined) router.subscribe(next);
            else router.replace(before, next);
          }
          const expected = sessions.flatMap(({ clientId, subscriptions }) => {
            const all = [...subscriptions.values()].filter((each) => topicMatches(each.filter, topic));
            return all.length === 0 ? [] : [merged(clientId, all)];
          });
          expect(targets(router, topic).map(described).sort(byClient)).toEqual(expected);
          expect(router.recipients(router.topicNamed(topic)).length).toBe(expected.length);
        }
        for (const { subscriptions } of sessions)
          for (const each of subscriptions.values()) router.unsubscribe(each);
        expect([router.size, router.bytes]).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });

  describe("routes a publish to a cached topic at constant cost", () => {
    function hotTopic() {
      const router = new Router({ maxTopicLevels: 10, maxTopicLength: 65_535 });
      const session = new Session("s", undefined, broker);
      const add = (filter: string) => {
        const made = subscription("s", filter, session);
        router.subscribe(made);
        return made;
      };
      const first = add("hot/topic");
      const hot = router.topicNamed("hot/topic");
      router.recipients(hot);
      return { router, add, first, hot, filters: hot.filters };
    }

    test("with ten and with a hundred thousand other subscriptions", () => {
      const { router, add, hot, filters } = hotTopic();
      for (let index = 0; index < 100_000; index++) add(`t/${index}`);
      // The topic is not even matched again: no other plain subscription can concern it.
      expect(router.recipients(hot).main.subscriptions).toHaveLength(1);
      expect(hot.filters).toBe(filters);
    });

    test("while wildcard subscriptions to other topics are added and removed", () => {
      const { router, add, hot, filters } = hotTopic();
      for (let index = 0; index < 1000; index++) {
        const other = add(`client/${index}/#`);
        router.recipients(hot);
        router.unsubscribe(other);
        router.recipients(hot);
      }
      expect(hot.filters).toBe(filters);
      add("hot/#");
      expect(router.recipients(hot).skip?.size).toBe(1);
      expect(hot.filters).not.toBe(filters);
    });

    test("while its subscribers are added and removed: the list is updated in place", () => {
      const { router, first, hot } = hotTopic();
      const list = router.recipients(hot).main.subscriptions;
      const others = Array.from({ length: 1000 }, (_, index) => subscription(`o${index}`, "hot/topic"));
      for (const other of others) router.subscribe(other);
      expect(router.recipients(hot).main.subscriptions).toBe(list);
      expect(list).toHaveLength(1001);
      router.unsubscribe(first);
      for (const other of others.slice(1)) router.unsubscribe(other);
      expect(list).toEqual([others[0]!]);
    });
  });

  test("does not change a list of subscribers while it is iterated", () => {
    const router = new Router({ maxTopicLevels: 10, maxTopicLength: 65_535 });
    const all = ["a", "b", "c"].map((name) => subscription(name, "t"));
    for (const each of all) router.subscribe(each);
    const { main } = router.recipients(router.topicNamed("t"));
    const list = main.subscriptions;
    main.readers++;
    router.unsubscribe(all[0]!);
    main.readers--;
    expect(list).toEqual(all);
    expect(names(router, "t")).toEqual(["b", "c"]);
  });

  test("estimates the memory of its subscriptions", () => {
    const router = new Router({ maxTopicLevels: 10, maxTopicLength: 65_535 });
    const one = subscription("a", "a/+/c");
    router.subscribe(one);
    expect(router.bytes).toBe(subscriptionBytes("a/+/c"));
    router.unsubscribe(one);
    expect(router.bytes).toBe(0);
  });
});
