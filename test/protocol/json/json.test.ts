import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { JsonError, readJson, readJsonBytes } from "../../../src/protocol/json/read.ts";
import { isJsonObject } from "../../../src/protocol/json/value.ts";
import { writeJson } from "../../../src/protocol/json/write.ts";

describe("readJson", () => {
  test.each<[string, bigint | number]>([
    ["5", 5n],
    ["-0", 0n],
    ["99999999999999999999", 99999999999999999999n],
    ["5.0", 5],
    ["-2.50", -2.5],
    ["1e3", 1000],
    ["1E-2", 0.01],
    ["1e999", Number.POSITIVE_INFINITY],
  ])("distinguishes integers from decimals: %p is %p", (text, value) => {
    expect(readJson(text)).toBe(value);
  });

  test("agrees with JSON.parse on whatever JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(JSON.parse(writeJson(readJson(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  test("accepts and refuses the same texts as JSON.parse", () => {
    const piece = fc.constantFrom(...'{}[],: \n"\\/a1-+.eE0tu', "true", "null", "1.5", '"x"', "\u0001");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        const accepts = (parse: (text: string) => unknown) => {
          try {
            parse(text);
            return true;
          } catch {
            return false;
          }
        };
        return accepts(readJson) === accepts(JSON.parse);
      }),
      { numRuns: 5000 },
    );
  });

  test("names of an object are names, whatever they are, and the last of two equal ones counts", () => {
    const value = readJson('{"__proto__":1,"constructor":2,"a":3,"a":4}');
    expect(isJsonObject(value) && Object.entries(value)).toEqual([
      ["__proto__", 1n],
      ["constructor", 2n],
      ["a", 4n],
    ]);
    expect(isJsonObject(value) && value.toString).toBeUndefined();
  });

  test.each([
    ["", "Expected a value at character 1, and found the end"],
    ['{"a":}', 'Expected a value at character 6, and found "}"'],
    ["{a:1}", 'Expected a name in quotes at character 2, and found "a"'],
    ["[1 2]", 'Expected "]" at character 4, and found "2"'],
    ["1 2", 'Expected the end at character 3, and found "2"'],
    ["01", 'Expected the end at character 2, and found "1"'],
    ['"abc', "A string without its end at character 1"],
    ['["\\x"]', "A string with a bad escape or a control character at character 2"],
    ['"a\nb"', "A string with a bad escape or a control character at character 1"],
  ])("says of %p: %s", (text, message) => {
    expect(() => readJson(text)).toThrow(new JsonError(message));
  });

  test("a hundred levels are read, a hundred and one and a million are refused without harm", () => {
    expect(writeJson(readJson("[".repeat(100) + "]".repeat(100)))).toBe("[".repeat(100) + "]".repeat(100));
    expect(() => readJson("[".repeat(101) + "]".repeat(101))).toThrow(
      "Nested deeper than 100 levels at character 101",
    );
    expect(() => readJson('{"a":'.repeat(1_000_000))).toThrow("Nested deeper than 100 levels");
  });

  test("an integer that would take too long to convert is an infinity instead", () => {
    expect(readJson(`[${"9".repeat(1_000_000)},-${"9".repeat(20_000)}]`)).toEqual([
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]);
  });

  test("bytes that are not UTF-8 are no JSON", () => {
    expect(() => readJsonBytes(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(new JsonError("Not UTF-8"));
    expect(readJsonBytes(Buffer.from('"Suhu: 28°C"'))).toBe("Suhu: 28°C");
  });
});

describe("writeJson", () => {
  test("writes what was read, digit for digit", () => {
    const text = '{"id":99999999999999999999,"x":[5.0,1e+16,-0.5,null,true,"\\"\\n"],"o":{}}';
    expect(writeJson(readJson(text))).toBe(text);
  });

  test("leaves out members that are undefined, as JSON.stringify does", () => {
    expect(writeJson({ a: 1n, b: undefined })).toBe('{"a":1}');
  });

  test("refuses what JSON cannot hold", () => {
    expect(() => writeJson(Number.NaN)).toThrow(RangeError);
  });
});
