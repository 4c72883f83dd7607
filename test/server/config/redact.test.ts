import { describe, expect, test } from "bun:test";
import { redactedJson, redactLine } from "../../../src/server/config/redact.ts";

describe("a line that is shown", () => {
  test.each([
    ["  - { name: ani, password: hunter2, oops: 1 }", "  - { name: ani, password: *******, oops: 1 }"],
    ['  - { password: "a, b }", oops: 1 }', "  - { password: ********, oops: 1 }"],
    ["    password: with spaces, and a comma", "    password: ************************"],
    ["  - { name: b, passwrod: hunter3 }", "  - { name: b, passwrod: ******* }"],
    ["admin: { \"token\": '0123456789', prot: 1 }", 'admin: { "token": ************, prot: 1 }'],
    ["    password: 'not closed", "    password: ***********"],
  ])("%s has stars of the secret's width", (line, shown) => {
    expect(redactLine(line)).toBe(shown);
    expect(shown).toHaveLength(line.length);
  });

  test("without a secret is shown as it is", () => {
    const line = "  time: { threads: 2, prefix: 'JAM ' }";
    expect(redactLine(line)).toBe(line);
  });
});

test("a value of the wrong shape is reported without the values of keys named like secrets", () => {
  expect(redactedJson({ 0: { name: "ani", password: "hunter4" } })).toBe(
    '{"0":{"name":"ani","password":"***"}}',
  );
  expect(redactedJson("abc")).toBe('"abc"');
  expect(redactedJson(undefined)).toBe("undefined");
});
