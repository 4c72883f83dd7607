import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { topicMatches } from "../../../../src/protocol/mqtt/topic.ts";
import { Routes, subscriptionBytes } from "../../../../src/roles/mqtt/routing/router.ts";
import { Subscription } from "../../../../src/roles/mqtt/routing/subscribers.ts";
import { TopicTree } from "../../../../src/roles/mqtt/routing/topic-tree.ts";
import { Session } from "../../../../src/roles/mqtt/session/session.ts";
import { TestBroker } from "../support/test-broker.ts";

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
        for (const filter of all) tree.open(filter, () => filter);
        const gone = new Set(all.filter((_, index) => (index + some) % 3 === 0));
        for (const filter of gone) tree.delete(filter);
        for (const filter of all) expect(tree.get(filter)).toBe(gone.has(filter) ? undefined : filter);
        const found: string[] = [];
        tree.match(topic, (filter) => found.push(filter));
        const expected = all.filter((filter) => !gone.has(filter) && topicMatches(filter, topic));
        expect(found.sort()).toEqual(expected.sort());
      }),
      { numRuns: 2000 },
    );
  });

  test("takes any depth, and keeps a value that is there already", () => {
    const tree = new TopicTree<number>();
    const deep = Array.from({ length: 20_000 }, () => "a").join("/");
    expect(tree.open(`${deep}/+/#`, () => 1)).toBe(1);
    expect(tree.open(`${deep}/+/#`, () => 2)).toBe(1);
    const found: number[] = [];
    tree.match(`${deep}/b/c`, (value) => found.push(value));
    tree.match(deep, (value) => found.push(value));
    expect(found).toEqual([1]);
  });
});

describe("routes", () => {
  const { broker } = new TestBroker();
  const encoder = new TextEncoder();

  function subscription(
    clientId: string,
    filter: string,
    session = new Session(clientId, broker, undefined),
  ): Subscription {
    const options = { qos: 0, noLocal: false, retainAsPublished: false, identifier: 0 } as const;
    const made = new Subscription(session, { filter, ...options });
    session.subscriptions.set(filter, made);
    return made;
  }

  const names = (routes: Routes, topic: string) => {
    const { main, others, skip } = routes.targets(routes.ofText(topic));
    const ofMain = main.subscriptions.filter(({ session }) => skip?.has(session) !== true);
    return [...ofMain, ...others].map(({ session }) => session.clientId).sort();
  };

  test("are the same object for the same topic, as bytes and as text", () => {
    const routes = new Routes({ maxTopicLevels: 10, maxTopicLength: 65_535 });
    const bytes = encoder.encode("..sister/temp..");
    const route = routes.ofBytes(bytes, 2, 13);
    expect(route.text).toBe("sister/temp");
    bytes.fill(0);
    expect(routes.ofText("sister/temp")).toBe(route);
    const again = encoder.encode("sister/temp");
    expect(routes.ofBytes(again, 0, again.length)).toBe(route);
  });

  test("learn of subscriptions that come and go, plain and with wildcards", () => {
    const routes = new Routes({ maxTopicLevels: 10, maxTopicLength: 65_535 });
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
    const routes = new Routes({ maxTopicLevels: 10, maxTopicLength: 65_535 }, undefined, 8);
    const held = routes.ofText("a/0");
    for (let index = 0; index < 100; index++) {
      routes.add(subscription(`s${index}`, `a/${index}`));
      expect(names(routes, `a/${index}`)).toEqual([`s${index}`]);
    }
    expect(held.isLive).toBe(false);
    expect(names(routes, "a/0")).toEqual(["s0"]);
  });

  test("are right after any changes: each session once, whichever of its filters match [MQTT-3.3.4-2]", () => {
    const change = fc.record({ client: fc.nat(4), filter: filters, isGone: fc.boolean(), topic: topics });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const routes = new Routes({ maxTopicLevels: 10, maxTopicLength: 65_535 });
        const sessions = Array.from({ length: 5 }, (_, index) => new Session(`s${index}`, broker, undefined));
        for (const { client, filter, isGone, topic } of changes) {
          const session = sessions[client]!;
          const before = session.subscriptions.get(filter);
          if (isGone && before !== undefined) {
            session.subscriptions.delete(filter);
            routes.remove(before);
          } else if (!isGone) {
            const next = subscription(session.clientId, filter, session);
            if (before === undefined) routes.add(next);
            else routes.replace(before, next);
          }
          const expected = sessions.filter(({ subscriptions }) =>
            [...subscriptions.keys()].some((each) => topicMatches(each, topic)),
          );
          expect(names(routes, topic)).toEqual(expected.map(({ clientId }) => clientId));
          expect(routes.targets(routes.ofText(topic)).length).toBe(expected.length);
        }
        for (const { subscriptions } of sessions)
          for (const each of subscriptions.values()) routes.remove(each);
        expect([routes.size, routes.bytes]).toEqual([0, 0]);
      }),
      { numRuns: 300 },
    );
  });

  describe("cost a publish to a known topic the same", () => {
    function hotRoute() {
      const routes = new Routes({ maxTopicLevels: 10, maxTopicLength: 65_535 });
      const session = new Session("s", broker, undefined);
      const add = (filter: string) => {
        const made = subscription("s", filter, session);
        routes.add(made);
        return made;
      };
      const first = add("hot/topic");
      const hot = routes.ofText("hot/topic");
      routes.targets(hot);
      return { routes, add, first, hot, audiences: hot.audiences };
    }

    test("with ten and with a hundred thousand other subscriptions", () => {
      const { routes, add, hot, audiences } = hotRoute();
      for (let index = 0; index < 100_000; index++) add(`t/${index}`);
      // Not even looked up again: no other plain subscription can concern it.
      expect(routes.targets(hot).main.subscriptions).toHaveLength(1);
      expect(hot.audiences).toBe(audiences);
    });

    test("while wildcard subscriptions to other topics come and go", () => {
      const { routes, add, hot, audiences } = hotRoute();
      for (let index = 0; index < 1000; index++) {
        const other = add(`client/${index}/#`);
        routes.targets(hot);
        routes.remove(other);
        routes.targets(hot);
      }
      expect(hot.audiences).toBe(audiences);
      add("hot/#");
      expect(routes.targets(hot).skip?.size).toBe(1);
      expect(hot.audiences).not.toBe(audiences);
    });

    test("while subscribers to it come and go: its list is not made again", () => {
      const { routes, first, hot } = hotRoute();
      const list = routes.targets(hot).main.subscriptions;
      const others = Array.from({ length: 1000 }, (_, index) => subscription(`o${index}`, "hot/topic"));
      for (const other of others) routes.add(other);
      expect(routes.targets(hot).main.subscriptions).toBe(list);
      expect(list).toHaveLength(1001);
      routes.remove(first);
      for (const other of others.slice(1)) routes.remove(other);
      expect(list).toEqual([others[0]!]);
    });
  });

  test("a list that somebody goes through does not change under them", () => {
    const routes = new Routes({ maxTopicLevels: 10, maxTopicLength: 65_535 });
    const all = ["a", "b", "c"].map((name) => subscription(name, "t"));
    for (const each of all) routes.add(each);
    const { main } = routes.targets(routes.ofText("t"));
    const list = main.subscriptions;
    main.readers++;
    routes.remove(all[0]!);
    main.readers--;
    expect(list).toEqual(all);
    expect(names(routes, "t")).toEqual(["b", "c"]);
  });

  test("know about how much memory subscriptions take", () => {
    const routes = new Routes({ maxTopicLevels: 10, maxTopicLength: 65_535 });
    const one = subscription("a", "a/+/c");
    routes.add(one);
    expect(routes.bytes).toBe(subscriptionBytes("a/+/c"));
    routes.remove(one);
    expect(routes.bytes).toBe(0);
  });
});
