import { describe, expect, test } from "bun:test";
import { filterCovers, filtersOverlap } from "../../../src/protocol/mqtt/filter-sets.ts";
import { topicMatches } from "../../../src/protocol/mqtt/topic.ts";

describe("filters as sets of topics", () => {
  test.each([
    ["#", "a/b", true],
    ["#", "#", true],
    ["#", "$SYS/#", false],
    ["$SYS/#", "$SYS/broker/+", true],
    ["a/#", "a", true],
    ["a/#", "a/+/#", true],
    ["a/+", "a/#", false],
    ["a/+", "a/b", true],
    ["a/+", "a", false],
    ["+/b", "a/b", true],
    ["a/b", "a/+", false],
  ])("%s covers %s: %p", (wide, narrow, covers) => {
    expect(filterCovers(wide, narrow)).toBe(covers);
  });

  test.each([
    ["a/+", "+/b", true],
    ["a/#", "a", true],
    ["a/b", "a/c", false],
    ["+", "a/b", false],
    ["#", "$SYS/x", false],
    ["$SYS/+", "$SYS/#", true],
    ["a/#", "b/#", false],
    ["a/+/c", "a/b/#", true],
  ])("%s and %s overlap: %p", (one, other, overlaps) => {
    expect(filtersOverlap(one, other)).toBe(overlaps);
    expect(filtersOverlap(other, one)).toBe(overlaps);
  });

  const levels = ["a", "b", "$x", ""];
  const listed = (choice: readonly string[], depth: number): string[] =>
    depth === 0
      ? []
      : choice.flatMap((level) => [level, ...listed(choice, depth - 1).map((rest) => `${level}/${rest}`)]);
  // The empty one cannot be published to, but it is the parent of "/#".
  const topics = listed(levels, 3);
  const filters = listed([...levels, "+", "#"], 3).filter(
    (filter) => filter !== "" && !filter.includes("#/"),
  );

  test("what they say is what matching each topic of a small world shows", () => {
    const sets = filters.map(
      (filter) => [filter, new Set(topics.filter((topic) => topicMatches(filter, topic)))] as const,
    );
    const wrong: unknown[] = [];
    for (const [one, matched] of sets) {
      for (const [other, too] of sets) {
        const overlaps = !matched.isDisjointFrom(too);
        if (filtersOverlap(one, other) !== overlaps) wrong.push([one, other, { overlaps }]);
        // In this world a filter with "+" may match no more than one without; but nothing more is covered.
        if (filterCovers(one, other) && !too.isSubsetOf(matched)) wrong.push([one, other, "covers"]);
      }
    }
    expect(wrong).toEqual([]);
  });
});
