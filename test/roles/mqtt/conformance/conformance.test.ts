import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Glob } from "bun";
import type { Specification, Statement } from "./statement.ts";
import { mqtt311 } from "./statements-3.1.1.ts";
import { mqtt50 } from "./statements-5.0.ts";

/*
 * `[MQTT-3.8.4-1]` in a test's title, or in a table that titles are made from, says that the test verifies this
 * statement of MQTT 5.0. Numbers differ between the versions: MQTT 3.1.1's own are written `[MQTT-3.1.2-7 of 3.1.1]`.
 */
const citation = /\[MQTT-([^\]]+)\]/g;

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const read = (pattern: string): Map<string, string> => {
  const paths = [...new Glob(pattern).scanSync(root)].filter((path) => !path.includes("/statement"));
  return new Map(paths.sort().map((path) => [path, readFileSync(`${root}${path}`, "utf8")]));
};

const sources = read("src/**/*.ts");
const tests = read("test/**/*.ts");

/** A file's code without its comments, and without tests that do not run. */
const withoutComments = (text: string) =>
  text
    .replace(/^\s*(\/\/|\/?\*).*$/gm, "")
    .replace(/\s\/\/ .*$/gm, "")
    .replace(/\b(test|it|describe)\.(todo|skip|failing)\(\s*["'`][^\n]*/g, "");

const titles = [...tests.values()].map(withoutComments).join("\n");
const citedInTitles = new Set([...titles.matchAll(citation)].map(([, clause]) => clause));

const parts = (statement: Statement) => (typeof statement === "string" ? ([statement] as const) : statement);
const isCited = (clause: string, suffix: string) => citedInTitles.has(`${clause}${suffix}`);

/** Why a statement is not covered by a test; undefined: it is covered. */
function gap(specification: Specification, suffix: string, clause: string): string | undefined {
  const statement = specification.server[clause] ?? "";
  const [demands, why] = parts(statement);
  if (isCited(clause, suffix)) return undefined;
  if (why === undefined) return `MQTT-${clause}${suffix} (${demands}): no title names it`;
  if ("because" in why) return undefined;
  if ("like" in why) {
    return gap(mqtt50, "", why.like) === undefined
      ? undefined
      : `MQTT-${clause}${suffix}: nor the equivalent ${why.like}`;
  }
  const missing = why.tests.filter((title) => !titles.includes(title));
  return missing.length === 0
    ? undefined
    : `MQTT-${clause}${suffix}: there is no test "${missing.join('", "')}"`;
}

const clausesOf = ({ server, client }: Specification) => [...Object.keys(server), ...Object.keys(client)];

test.each([
  ["5.0", mqtt50, ""],
  ["3.1.1", mqtt311, " of 3.1.1"],
] as const)(
  "every statement of MQTT %s that concerns a server has a test, or the reason why none can",
  (_, specification, suffix) => {
    const gaps = Object.keys(specification.server).flatMap(
      (clause) => gap(specification, suffix, clause) ?? [],
    );
    expect(gaps).toEqual([]);
  },
);

test("every clause that the broker and its tests cite exists in a specification", () => {
  const known = new Set([
    ...clausesOf(mqtt50),
    ...clausesOf(mqtt311),
    ...clausesOf(mqtt311).map((each) => `${each} of 3.1.1`),
  ]);
  const wrong: string[] = [];
  for (const [path, text] of [...sources, ...tests]) {
    if (path.endsWith("conformance.test.ts")) continue;
    for (const [, clause = ""] of text.matchAll(citation)) {
      if (!known.has(clause)) wrong.push(`${path} cites [MQTT-${clause}]`);
    }
  }
  expect(wrong).toEqual([]);
});

test("the tables are complete: they have as many statements as the specifications", () => {
  expect([clausesOf(mqtt50).length, clausesOf(mqtt311).length]).toEqual([251, 141]);
  for (const { server, client } of [mqtt50, mqtt311]) {
    expect(Object.keys(client).filter((clause) => clause in server)).toEqual([]);
  }
});
