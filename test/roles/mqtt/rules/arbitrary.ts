import fc from "fast-check";
import { type Rule, rule } from "../../../../src/roles/mqtt/rules/config.ts";

const groups: Readonly<Record<string, readonly string[]>> = {
  "bu-sri": ["dosen"],
  tono: ["asisten", "dosen"],
};

export const groupsOf = (username: string): readonly string[] => groups[username] ?? [];

const level = fc.constantFrom("a", "b", "c1", "ani");

/** Topics of few names, so that patterns meet them; some of the server's own. */
export const topics = fc
  .tuple(fc.constantFrom("", "", "", "$d/"), fc.array(level, { minLength: 1, maxLength: 3 }))
  .map(([start, levels]) => start + levels.join("/"));

const inner = fc.oneof({ weight: 4, arbitrary: level }, { weight: 1, arbitrary: fc.constant("+") });

export const filters = fc
  .tuple(
    fc.constantFrom("", "", "", "$d"),
    fc.array(inner, { maxLength: 3 }),
    fc.constantFrom("", "#", "a", "+"),
  )
  .map((parts) =>
    parts
      .flat()
      .filter((part) => part !== "")
      .join("/"),
  )
  .filter((filter) => filter !== "");

const placeholders = fc.constantFrom("%c", "%u", "a/%c", "%u/#", "+/%u");

const patterns = fc.array(
  fc
    .tuple(fc.constantFrom("", "", "!"), fc.oneof({ weight: 5, arbitrary: filters }, placeholders))
    .map((parts) => parts.join("")),
  { minLength: 1, maxLength: 4 },
);

const whom = fc.constantFrom({}, {}, { user: "ani" }, { group: "dosen" }, { anonymous: true });

/** Rules for ani, tono (who is a dosen), clients without a name, and everybody. */
export const ruleLists: fc.Arbitrary<Rule[]> = fc.array(
  fc
    .record({ whom, publish: patterns, subscribe: patterns })
    .map(({ whom, ...actions }) => rule.parse({ ...whom, ...actions })),
  { maxLength: 5 },
);
