import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { z } from "zod";
import type { Reach } from "../../../../src/roles/mqtt/ports/access.ts";
import { AccessRules } from "../../../../src/roles/mqtt/rules/access-rules.ts";
import { rule } from "../../../../src/roles/mqtt/rules/config.ts";
import { explain, type Question } from "../../../../src/roles/mqtt/rules/explain.ts";
import { filters, groupsOf, ruleLists, topics } from "./arbitrary.ts";

const classRules = z.array(rule).parse([
  { user: "ani", publish: "kelas/ani/#", subscribe: ["kelas/#", "!kelas/nilai/#"] },
  { group: "dosen", publish: "#", subscribe: ["#", "$SYS/#"] },
  { anonymous: true, subscribe: "sister/#" },
  { publish: "rumah/%c/#", subscribe: "rumah/%u/#" },
]);

function ask(username: string | undefined, action: Question["action"], filter: string): Question {
  const groups = username === undefined ? [] : groupsOf(username);
  return { identity: { clientId: "c1", username }, groups, action, filter };
}

describe("an explanation names the patterns that decide", () => {
  test.each<[string | undefined, Question["action"], string, Reach, string[], boolean]>([
    ["ani", "publish", "kelas/ani/x", "all", ["0+kelas/ani/#"], false],
    ["ani", "publish", "kelas/budi/x", "none", [], true],
    ["ani", "publish", "rumah/c1/x", "all", ["3+rumah/%c/#"], false],
    ["ani", "subscribe", "kelas/nilai/ani", "none", ["0+kelas/#", "0-kelas/nilai/#"], false],
    ["ani", "subscribe", "kelas/#", "some", ["0+kelas/#", "0-kelas/nilai/#"], false],
    ["ani", "subscribe", "rumah/ani/+", "all", ["3+rumah/%u/#"], false],
    ["ani", "subscribe", "#", "some", ["0+kelas/#", "0-kelas/nilai/#", "3+rumah/%u/#"], true],
    ["tono", "subscribe", "#", "all", ["1+#"], false],
    ["tono", "publish", "$SYS/x", "none", [], false],
    [undefined, "subscribe", "sister/temp", "all", ["2+sister/#"], false],
    [undefined, "subscribe", "rumah/ani/x", "none", [], true],
  ])("%p: %s %s is %s", (username, action, filter, reach, says, byDefault) => {
    const explanation = explain(classRules, false, ask(username, action, filter));
    const shown = explanation.says.map(({ rule, pattern, gives }) => `${rule}${gives ? "+" : "-"}${pattern}`);
    expect({ ...explanation, says: shown }).toEqual({ reach, says, byDefault });
  });
});

test("it agrees with what the broker asks, of every topic and filter", () => {
  fc.assert(
    fc.property(ruleLists, topics, filters, fc.boolean(), (rules, topic, filter, isAllowed) => {
      const access = new AccessRules(rules, isAllowed, groupsOf);
      for (const username of ["ani", "tono", undefined]) {
        const permissions = access.permissionsOf({ clientId: "c1", username });
        const explained = (action: Question["action"], about: string) =>
          explain(rules, isAllowed, ask(username, action, about)).reach;
        const verdict = (may: boolean) => (may ? "all" : "none");
        expect(explained("subscribe", topic)).toBe(verdict(permissions.mayReceive(topic)));
        if (!topic.startsWith("$SYS"))
          expect(explained("publish", topic)).toBe(verdict(permissions.mayPublish(topic)));
        const [reach, asked] = [explained("subscribe", filter), permissions.reach(filter)];
        // The broker may look at each topic though it need not: then it says "some" for "all".
        expect(asked === "some" && reach === "all" ? asked : reach).toBe(asked);
      }
    }),
    { numRuns: 3000 },
  );
});
