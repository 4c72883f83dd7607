import { expect, test } from "bun:test";
import { patterns } from "../../src/dashboard/page/learn/patterns.ts";
import { roles } from "../../src/roles/index.ts";

test("every role has its pattern, and every pattern its role", () => {
  expect(patterns.map(({ role }) => role).sort()).toEqual(roles.map(({ name }) => name).sort());
});

test("every pattern has one sentence per question, in both languages", () => {
  const sentences = patterns.flatMap(({ en, id }) => [...en, ...id]);
  expect(sentences).toHaveLength(patterns.length * 6);
  expect(sentences.filter((sentence) => !/^[A-Z].*[^.]\.$/.test(sentence))).toEqual([]);
  expect(new Set(sentences).size).toBe(sentences.length);
});

test("arrows of a sketch run between those who stand in it", () => {
  for (const { sketch } of patterns) {
    for (const [from, to] of sketch.steps) {
      expect(from).not.toBe(to);
      expect(Math.max(from, to)).toBeLessThan(sketch.who.length);
    }
  }
});
