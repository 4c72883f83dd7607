import { describe, expect, test } from "bun:test";
import { differences } from "../../src/dashboard/page/mqtt/difference.ts";
import { decodePayload, fieldsOf, numberOf, numericFields } from "../../src/dashboard/page/mqtt/payload.ts";

const decode = (payload: string | Uint8Array, size?: number) => {
  const bytes = Buffer.from(payload);
  return decodePayload(bytes.toString("base64"), size ?? bytes.length);
};

describe("a payload", () => {
  test("is JSON where it is an object or a list, and text else", () => {
    expect(decode('{"a":1}')).toMatchObject({ text: '{"a":1}', json: { a: 1 } });
    expect(decode(" [1, 2]").json).toEqual([1, 2]);
    expect(decode("28")).toMatchObject({ text: "28", json: undefined });
    expect(decode("{no json")).toMatchObject({ text: "{no json", json: undefined });
  });

  test("is only bytes where it is no UTF-8, or has control characters", () => {
    expect(decode(new Uint8Array([0xff, 0xfe])).text).toBeUndefined();
    expect(decode("a\0b").text).toBeUndefined();
    expect(decode("a\tb\r\n").text).toBe("a\tb\r\n");
  });

  test("of which only the beginning is here is no JSON, and its last character may be missing", () => {
    expect(decode('{"a":1}', 100).json).toBeUndefined();
    expect(decode(Buffer.from("28°").subarray(0, 3), 4).text).toBe("28");
    expect(decode(Buffer.from("28°").subarray(0, 3)).text).toBeUndefined();
  });
});

describe("fields", () => {
  test("have paths through objects and lists", () => {
    const fields = fieldsOf(decode('{"a":{"b":[1,{"c":true}]},"d":null,"e":[]}'));
    expect([...fields]).toEqual([
      ["a.b[0]", 1],
      ["a.b[1].c", true],
      ["d", null],
    ]);
    expect([...fieldsOf(decode("28"))]).toEqual([["", "28"]]);
  });

  test("of a payload with very many are the first 200", () => {
    const many = JSON.stringify(Array.from({ length: 10_000 }, (_, index) => index));
    expect(fieldsOf(decode(many)).size).toBe(200);
  });

  test("are numbers where they are or say one", () => {
    expect(["28", " -2.5e3 ", 7, true, ".5"].map(numberOf)).toEqual([28, -2500, 7, 1, 0.5]);
    expect(["", "28°C", "0x10", null, {}, "Infinity", Number.NaN].map(numberOf)).toEqual(
      Array(7).fill(undefined),
    );
  });

  test("with numbers can be charted, in the order in which they come", () => {
    const payloads = ['{"id":"s","suhu":1}', "kosong", '{"suhu":2,"lembap":"60"}'].map((text) =>
      decode(text),
    );
    expect(numericFields(payloads)).toEqual(["suhu", "lembap"]);
    expect(numericFields([decode("halo"), decode("28")])).toEqual([""]);
    expect(numericFields([decode("halo")])).toEqual([]);
  });
});

describe("differences", () => {
  const between = (before: string, now: string) => differences(decode(before), decode(now));

  test("of JSON are the fields that have changed, come or gone", () => {
    expect(between('{"a":1,"b":2,"c":3}', '{"a":1,"b":"2","d":4}')).toEqual([
      { kind: "field", path: "b", before: "2", now: '"2"' },
      { kind: "field", path: "d", before: undefined, now: "4" },
      { kind: "field", path: "c", before: "3", now: undefined },
    ]);
    expect(between('{"a":1}', '{ "a": 1 }')).toEqual([]);
  });

  test("of texts are what lies between their common beginning and end", () => {
    expect(between("Suhu: 28 C", "Suhu: 31.5 C")).toEqual([
      { kind: "text", start: "Suhu: ", removed: "28", added: "31.5", end: " C" },
    ]);
    expect(between("aa", "aaa")).toMatchObject([{ start: "aa", removed: "", added: "a", end: "" }]);
    expect(between("x", "x")).toEqual([]);
  });

  test("of numbers are the whole numbers", () => {
    expect(between("24.2", "23.9")).toMatchObject([{ start: "", removed: "24.2", added: "23.9", end: "" }]);
  });

  test("of bytes are none", () => {
    expect(differences(decode(new Uint8Array([255])), decode("x"))).toEqual([]);
  });
});
