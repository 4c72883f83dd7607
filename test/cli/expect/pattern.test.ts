import { expect, test } from "bun:test";
import { exactly, holding, pattern } from "../../../src/cli/expect/pattern.ts";

test.each([
  ["/^Suhu/", ["Suhu: 28°C", "Suhu"], ["suhu", " Suhu"]],
  ["/^suhu/i", ["SUHU: 28°C"], ["Temp"]],
  ["/a.b/s", ["a\nb"], ["ab"]],
  ["/^b$/m", ["a\nb\nc"], ["abc"]],
  ["/a\\/b/", ["a/b"], ["ab"]],
  ["Suhu: 28°C", ["Suhu: 28°C"], ["Suhu: 28°C ", "suhu: 28°C"]],
  ["", [""], [" "]],
  ["/", ["/"], [""]],
  ["//", ["//"], ["x"]],
  ["/usr/bin", ["/usr/bin"], ["usr"]], // no flags of an expression
  [".*", [".*"], ["anything"]],
])("%s matches %j and not %j", (written, right, wrong) => {
  const { matches } = pattern(written);
  expect(right.filter((text) => !matches(text))).toEqual([]);
  expect(wrong.filter(matches)).toEqual([]);
});

test("an expression matches again and again, with the flags that remember a place, too", () => {
  const { matches } = pattern("/a/gy");
  expect([matches("a"), matches("a"), matches("a")]).toEqual([true, true, true]);
});

test("what is no regular expression says why", () => {
  expect(() => pattern("/(/")).toThrow(/^It is no regular expression: missing \)/);
  expect(() => pattern("/a/uv")).toThrow("It is no regular expression");
});

test.each([
  ["halo", "hali", 'differs at character 4: "o" is expected, "i" came'],
  ["halo", "hal", 'differs at character 4: "o" is expected, the end came'],
  ["halo", "halo!", 'differs at character 5: the end is expected, "!" came'],
  ["28°C", "28 C", 'differs at character 3: "°C" is expected, " C" came'],
  ["🌡 a", "🌡 b", 'differs at character 3: "a" is expected, "b" came'],
  ["🌡a", "🌢a", 'differs at character 1: "🌡a" is expected, "🌢a" came'],
  ["halo", "", 'differs at character 1: "halo" is expected, the end came'],
  ["a\nb", "a\r\nb", 'differs at character 2: "\\nb" is expected, "\\r\\nb" came'],
])("from %j to %j it %s", (wanted, came, difference) => {
  expect(exactly(wanted).difference?.(came)).toBe(difference);
});

test("a text that is held may stand anywhere", () => {
  const { matches, shown } = holding("halo");
  expect([matches("Echo: halo"), matches("hal")]).toEqual([true, false]);
  expect(shown).toBe('text with "halo"');
});
