import { describe, expect, spyOn, test } from "bun:test";
import fc from "fast-check";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { FilterTree } from "../../../../src/roles/mqtt/routing/filter-tree.ts";
import { WildcardCost } from "../../../../src/roles/mqtt/routing/wildcard-cost.ts";
import { TestBroker } from "../support/test-broker.ts";

/** All filters of the shape `{a,+}/{a,+}/.../end`. */
const multiplied = (levels: number) =>
  Array.from({ length: 2 ** levels }, (_, bits) =>
    [...Array.from({ length: levels }, (_, level) => ((bits >> level) & 1 ? "+" : "a")), "end"].join("/"),
  );

/** The cost of the filters from the definition: a topic visits a node's `+` and at most one of its names. */
function costFromScratch(filters: readonly string[][]): number {
  const rests = Map.groupBy(
    filters.filter((levels) => levels.length > 0),
    ([first]) => first,
  );
  let names = 0;
  let wildcard = 0;
  for (const [level, matching] of rests) {
    const cost = costFromScratch(matching.map((levels) => levels.slice(1)));
    if (level === "+") wildcard = cost;
    else names = Math.max(names, cost);
  }
  return 1 + names + wildcard;
}

const iterators = ["entries", "keys", "values"] as const;

/** How many entries of maps `call` goes through at most. */
function entriesVisited(call: () => void): number {
  let visited = 0;
  const count = (map: unknown) => {
    visited += (map as Map<unknown, unknown>).size;
  };
  const spies = iterators.map((name) => {
    const original = Map.prototype[name];
    return spyOn(Map.prototype, name).mockImplementation(function (this: Map<unknown, unknown>) {
      count(this);
      return original.call(this) as never;
    });
  });
  const iterate = Map.prototype[Symbol.iterator];
  Map.prototype[Symbol.iterator] = function () {
    count(this);
    return iterate.call(this);
  };
  try {
    call();
  } finally {
    Map.prototype[Symbol.iterator] = iterate;
    for (const spy of spies) spy.mockRestore();
  }
  return visited;
}

describe("the cost of wildcards", () => {
  test("is not counted for a few filters, nor for any number with one wildcard each", () => {
    const cost = new WildcardCost();
    for (const filter of multiplied(5)) expect(cost.add(filter)).toBe(0);
    for (let index = 0; index < 5000; index++) expect(cost.add(`site/+/${index}`)).toBe(0);
  });

  test("is that of the filters that are left", () => {
    const cost = new WildcardCost();
    for (const filter of multiplied(9)) cost.add(filter);
    const all = cost.add("x/+/+");
    expect(all).toBeGreaterThan(512);
    for (const filter of multiplied(9).slice(70)) cost.delete(filter);
    expect(cost.add("y/+/+")).toBeLessThan(all / 2);
  });

  test("is found anew without going through all filters, when one comes or goes", () => {
    const cost = new WildcardCost();
    const filters = Array.from({ length: 2000 }, (_, index) => `+/${index}/+`);
    const visited = entriesVisited(() => {
      for (const filter of filters) cost.add(filter);
      for (const filter of filters) cost.delete(filter);
    });
    expect(visited).toBeLessThan(10 * filters.length);
  });

  test("is the same after any changes as for filters that were there from the beginning", () => {
    const filter = fc
      .array(fc.constantFrom("a", "b", "c", "d", "+"), { minLength: 1, maxLength: 5 })
      .map((levels) => `+/+/${levels.join("/")}`);
    // So many that all others are counted.
    const always = multiplied(7);
    fc.assert(
      fc.property(fc.array(filter, { maxLength: 60 }), (changes) => {
        const cost = new WildcardCost();
        for (const each of always) cost.add(each);
        const kept = new Set(always);
        for (const each of changes) {
          if (kept.delete(each)) cost.delete(each);
          else {
            kept.add(each);
            const levels = [...kept].filter((one) => one.split("+").length > 2).map((one) => one.split("/"));
            expect(cost.add(each)).toBe(costFromScratch(levels));
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test("is never less than what a topic visits in the filter tree", () => {
    const level = fc.constantFrom("a", "b", "+");
    const filters = fc.uniqueArray(
      fc.array(level, { minLength: 4, maxLength: 7 }).map((levels) => `+/+/${levels.join("/")}`),
      { minLength: 66, maxLength: 150 },
    );
    const topics = fc
      .array(fc.constantFrom("a", "b"), { minLength: 6, maxLength: 9 })
      .map((levels) => levels.join("/"));
    fc.assert(
      fc.property(filters, topics, (all, topic) => {
        const cost = new WildcardCost();
        const tree = new FilterTree<string>();
        let bound = 0;
        for (const filter of all) {
          bound = cost.add(filter);
          tree.getOrAdd(filter, () => filter);
        }
        expect(tree.match(topic, () => {})).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 200 },
    );
  });
});

describe("filters that multiply", () => {
  test("are refused from maxWildcardCost on, and others of the client are still taken", () => {
    const test = new TestBroker({ maxWildcardCost: 200 });
    const client = test.connect("a", 5);
    const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    const subscriptions = multiplied(10).map((filter) => ({ filter, ...options }));
    client.send({ type: "subscribe", version: 5, packetId: 1, subscriptions, properties: {} });
    test.clock.settle();
    const { reasonCodes, properties } = client.next("suback");
    expect(new Set(reasonCodes)).toEqual(new Set([0, Reason.QuotaExceeded]));
    expect(properties.reasonString).toContain("maxWildcardCost is 200");
    expect(client.subscribe("sister/+/temp")).toMatchObject({ reasonCodes: [0] });
    expect(client.subscribe("#")).toMatchObject({ reasonCodes: [0] });
    const { work } = test.broker.router;
    test.connect("publisher").publish(`${"a/".repeat(10)}fresh`, "x");
    expect(test.broker.router.work - work).toBeLessThan(250);
  });

  test("are refused from four times maxWildcardCost on, however many clients they are divided among", () => {
    const test = new TestBroker({ maxWildcardCost: 100 });
    const filters = multiplied(10);
    const refused = new Set<string>();
    const clients = Array.from({ length: 40 }, (_, index) => test.connect(`client-${index}`, 5));
    for (const [index, filter] of filters.entries()) {
      const client = clients[index % clients.length]!;
      const suback = client.subscribe(filter);
      if (suback.type !== "suback" || suback.reasonCodes[0] !== 0) refused.add(filter);
    }
    expect(refused.size).toBeGreaterThan(0);
    const { work } = test.broker.router;
    test.connect("publisher").publish(`${"a/".repeat(10)}fresh`, "x");
    expect(test.broker.router.work - work).toBeLessThan(600);
    // A few are for everybody, and there is room again when others have gone.
    expect(test.connect("honest", 5).subscribe("a/+/b/+/c")).toMatchObject({ reasonCodes: [0] });
    for (const client of clients) client.cut();
    test.clock.settle();
    const late = test.connect("late", 5);
    for (const filter of filters.slice(0, 60))
      expect(late.subscribe(filter)).toMatchObject({ reasonCodes: [0] });
  });

  test("count in shared subscriptions, too, whatever their groups are called", () => {
    const test = new TestBroker({ maxWildcardCost: 200 });
    const client = test.connect("a", 5);
    const reasons = multiplied(9).map((filter, index) => {
      const suback = client.subscribe(`$share/g${index % 64}/${filter}`);
      return suback.type === "suback" ? suback.reasonCodes[0] : undefined;
    });
    expect(new Set(reasons)).toEqual(new Set([0, Reason.QuotaExceeded]));
    const { work } = test.broker.router;
    test.connect("publisher").publish(`${"a/".repeat(9)}fresh`, "x");
    expect(test.broker.router.work - work).toBeLessThan(300);
  });
});
