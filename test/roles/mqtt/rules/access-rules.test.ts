import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import { filterCovers, filtersOverlap } from "../../../../src/protocol/mqtt/filter-sets.ts";
import { topicMatches } from "../../../../src/protocol/mqtt/topic.ts";
import { AccessRules } from "../../../../src/roles/mqtt/rules/access-rules.ts";
import { rule } from "../../../../src/roles/mqtt/rules/config.ts";
import { PatternSet, Says } from "../../../../src/roles/mqtt/rules/pattern-set.ts";

const groups: Readonly<Record<string, readonly string[]>> = {
  "bu-sri": ["dosen"],
  tono: ["asisten", "dosen"],
};

function access(rules: readonly unknown[], byDefault: "allow" | "deny" = "deny") {
  const parsed = z.array(rule).parse(rules);
  return new AccessRules(parsed, byDefault === "allow", (username) => groups[username] ?? []);
}

// The class of the documentation.
const classRules = [
  { user: "ani", publish: "kelas/ani/#", subscribe: ["kelas/#", "!kelas/nilai/#"] },
  { group: "dosen", publish: "#", subscribe: ["#", "$SYS/#"] },
  { anonymous: true, subscribe: "sister/#" },
  { publish: "rumah/%c/#", subscribe: "rumah/%u/#" },
];

type Row = [
  who: string | undefined,
  client: string,
  action: "publish" | "receive",
  topic: string,
  may: boolean,
];

describe("the rules of a class", () => {
  const table: Row[] = [
    ["ani", "c1", "publish", "kelas/ani/tugas", true],
    ["ani", "c1", "publish", "kelas/ani", true],
    ["ani", "c1", "publish", "kelas/budi/tugas", false],
    ["ani", "c1", "receive", "kelas/budi/tugas", true],
    ["ani", "c1", "receive", "kelas/nilai/ani", false],
    ["ani", "c1", "receive", "kelas/nilai", false],
    ["ani", "c1", "publish", "rumah/c1/suhu", true],
    ["ani", "c1", "publish", "rumah/c2/suhu", false],
    ["ani", "c1", "receive", "rumah/ani/suhu", true],
    ["ani", "c1", "receive", "rumah/c1/suhu", false],
    ["ani", "c1", "receive", "sister/temp", false],
    ["ani", "c1", "receive", "$SYS/broker/uptime", false],
    ["bu-sri", "c2", "publish", "kelas/nilai/ani", true],
    ["bu-sri", "c2", "receive", "kelas/nilai/ani", true],
    ["bu-sri", "c2", "receive", "$SYS/broker/uptime", true],
    ["tono", "c2", "receive", "kelas/nilai/ani", true],
    [undefined, "c3", "receive", "sister/temp", true],
    [undefined, "c3", "publish", "sister/temp", false],
    [undefined, "c3", "publish", "rumah/c3/x", true],
    [undefined, "c3", "receive", "kelas/ani/tugas", false],
    ["budi", "c4", "receive", "kelas/ani/tugas", false],
    ["budi", "c4", "receive", "rumah/budi/x", true],
  ];

  test.each(table)("%p as %s may %s %s: %p", (username, clientId, action, topic, may) => {
    const permissions = access(classRules).permissionsOf({ clientId, username });
    expect(action === "publish" ? permissions.mayPublish(topic) : permissions.mayReceive(topic)).toBe(may);
  });

  test.each([
    ["ani", "kelas/#", "some"],
    ["ani", "kelas/ani/#", "all"],
    ["ani", "kelas/nilai/+", "none"],
    ["ani", "#", "some"],
    ["ani", "$SYS/#", "none"],
    ["ani", "rumah/ani/+", "all"],
    ["ani", "rumah/+/suhu", "some"],
    ["bu-sri", "#", "all"],
    ["bu-sri", "$SYS/#", "all"],
    ["bu-sri", "$SYS/broker/uptime", "all"],
    ["budi", "kelas/#", "none"],
  ])("%s reaches by %s: %s", (username, filter, reach) => {
    expect(access(classRules).permissionsOf({ clientId: "c1", username }).reach(filter)).toBe(reach as "all");
  });
});

describe("ranks", () => {
  test("what names somebody decides before what is for everybody, whatever the order", () => {
    const rules = [{ subscribe: ["a/#", "!b/#"] }, { user: "ani", subscribe: ["!a/secret", "b/open"] }];
    for (const ordered of [rules, [...rules].reverse()]) {
      const ani = access(ordered).permissionsOf({ clientId: "c", username: "ani" });
      expect(["a/x", "a/secret", "b/open", "b/x"].map((topic) => ani.mayReceive(topic))).toEqual([
        true,
        false,
        true,
        false,
      ]);
    }
  });

  test("what one rule takes away no other of the same rank gives", () => {
    const rules = [
      { group: "dosen", subscribe: "#" },
      { user: "tono", subscribe: "!nilai/#" },
    ];
    expect(access(rules).permissionsOf({ clientId: "c", username: "tono" }).mayReceive("nilai/x")).toBe(
      false,
    );
    expect(access(rules).permissionsOf({ clientId: "c", username: "bu-sri" }).mayReceive("nilai/x")).toBe(
      true,
    );
  });

  test("where no rule matches, the default decides", () => {
    const rules = [{ subscribe: "!a/#" }];
    const allowed = access(rules, "allow").permissionsOf({ clientId: "c", username: undefined });
    expect([allowed.mayReceive("b"), allowed.mayReceive("a/b"), allowed.mayPublish("a/b")]).toEqual([
      true,
      false,
      true,
    ]);
    expect([allowed.reach("#"), allowed.reach("b/#"), allowed.reach("a/+")]).toEqual(["some", "all", "none"]);
  });
});

describe("placeholders", () => {
  const rules = [{ publish: "rumah/%c/#", subscribe: ["rumah/%u/#", "kunci-%c"] }];
  const may = (clientId: string, username: string | undefined, topic: string) =>
    access(rules).permissionsOf({ clientId, username }).mayPublish(topic);

  test.each(["#", "+", "a/b", "", "+/x"])("the name %p opens nobody else's topics", (clientId) => {
    for (const topic of ["rumah/x/y", "rumah/a/b", "rumah/+/y", "rumah//y", `rumah/${clientId}/y`]) {
      expect(may(clientId, "u", topic)).toBe(false);
    }
  });

  test("stand for part of a level, too, and mean nothing without a user name", () => {
    const permissions = access(rules).permissionsOf({ clientId: "c1", username: undefined });
    expect(permissions.mayReceive("kunci-c1")).toBe(true);
    expect(permissions.mayReceive("kunci-c2")).toBe(false);
    expect(permissions.mayReceive("rumah//x")).toBe(false);
    expect(permissions.reach("rumah/#")).toBe("none");
  });

  test("open nothing of the server's own by a name that begins with $", () => {
    const given = access([{ publish: "%c/#", subscribe: ["%c/#", "$SYS/%c/#"] }]);
    const permissions = given.permissionsOf({ clientId: "$SYS", username: undefined });
    expect(permissions.mayReceive("$SYS/broker/uptime")).toBe(false);
    expect(permissions.reach("$SYS/#")).not.toBe("all");
  });

  test("take away also where the name has a slash", () => {
    const taking = [{ subscribe: ["a/#", "!a/%c/#"] }];
    const permissions = access(taking).permissionsOf({ clientId: "x/y", username: undefined });
    expect(permissions.mayReceive("a/x/y/z")).toBe(false);
    expect(permissions.mayReceive("a/x")).toBe(true);
  });
});

const level = fc.constantFrom("a", "b", "c", "$d");
const topics = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join("/"));
const filters = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("+")), { maxLength: 3 }), fc.constantFrom("", "#", "a", "+"))
  .map(([levels, last]) => [...levels, ...(last === "" ? [] : [last])].join("/"))
  .filter((filter) => filter !== "");
const pattern = fc.tuple(filters, fc.constantFrom<number>(Says.yes, Says.no));

test("a set of patterns says what each of them says by itself", () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 12 }), topics, filters, (patterns, topic, filter) => {
      const set = new PatternSet();
      for (const [each, says] of patterns) set.add(each, says);
      const sum = (isMeant: (each: string) => boolean) =>
        patterns.reduce((all, [each, says]) => (isMeant(each) ? all | says : all), 0);
      expect(set.ofTopic(topic)).toBe(sum((each) => topicMatches(each, topic)));
      expect(set.overlapping(filter)).toBe(sum((each) => filtersOverlap(each, filter)));
      expect(set.covering(filter)).toBe(sum((each) => filterCovers(each, filter)));
    }),
    { numRuns: 2000 },
  );
});

test("of very many patterns, a filter's reach is found in a moment, and never as more than it is", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `n${index}`);
  const given = access([{ subscribe: names.map((name) => `${name}/a`) }, { subscribe: "!n9999/b" }]);
  const permissions = given.permissionsOf({ clientId: "c", username: undefined });
  expect(permissions.reach("+/a")).not.toBe("none");
  expect(permissions.reach("n7/a")).toBe("all");
  // It cannot be known without looking at all of them; each topic is asked for then.
  expect(permissions.reach("+/z")).toBe("some");
  expect(permissions.mayReceive("n1/z")).toBe(false);
});

test("what a filter reaches is never more than its topics, nor less", () => {
  const text = pattern.map(([filter, says]) => (says === Says.no ? `!${filter}` : filter));
  const rules = fc.array(
    fc.record({
      ...{ whom: fc.constantFrom({}, { user: "ani" }, { group: "dosen" }, { anonymous: true }) },
      subscribe: fc.array(text, { minLength: 1, maxLength: 4 }),
    }),
    { maxLength: 5 },
  );
  const all = fc.sample(topics, { numRuns: 300, seed: 7 });
  fc.assert(
    fc.property(rules, filters, fc.boolean(), (list, filter, isAllowed) => {
      const made = list.map(({ whom, subscribe }) => ({ ...whom, subscribe }));
      for (const username of ["ani", "tono", undefined]) {
        const permissions = access(made, isAllowed ? "allow" : "deny").permissionsOf({
          clientId: "c",
          username,
        });
        const matched = all.filter((topic) => topicMatches(filter, topic));
        const allowed = matched.filter((topic) => permissions.mayReceive(topic));
        const reach = permissions.reach(filter);
        if (reach === "all") expect(allowed).toEqual(matched);
        if (reach === "none") expect(allowed).toEqual([]);
      }
    }),
    { numRuns: 1000 },
  );
});
