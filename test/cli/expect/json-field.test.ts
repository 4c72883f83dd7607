import { expect, test } from "bun:test";
import { fieldsOf } from "../../../src/cli/expect/json-field.ts";

const field = (json: string, path: string) => fieldsOf(new TextEncoder().encode(json))(path);

test.each([
  ['{"result":14}', "result", "14"],
  ['{"result":123456789012345678901234567890}', "result", "123456789012345678901234567890"],
  ['{"result":5.0}', "result", "5.0"],
  ['{"a":{"b":[{"c":"halo"}]}}', "a.b.0.c", "halo"],
  ['{"a":{"b":[1,2]}}', "a", '{"b":[1,2]}'],
  ['{"a":null}', "a", "null"],
  ['{"a":""}', "a", ""],
  ["[true]", "0", "true"],
])("%s has at %s the text %s", (json, path, text) => {
  expect(field(json, path)).toBe(text);
});

test.each([
  ['{"a":1}', "b"],
  ['{"a":1}', "a.b"],
  ['{"a":1}', "toString"],
  ['{"a":[1]}', "a.1"],
  ['{"a":[1]}', "a.length"],
  ['"text"', "0"],
  ["no json", "a"],
  ["", "a"],
  ['{"a":1e999}', "a"],
])("%s has nothing at %s", (json, path) => {
  expect(field(json, path)).toBeUndefined();
});
