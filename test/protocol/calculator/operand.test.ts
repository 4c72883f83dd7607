import { expect, test } from "bun:test";
import type { Quantity } from "../../../src/core/operation.ts";
import { operandFromJson } from "../../../src/protocol/calculator/operand.ts";
import { readJson } from "../../../src/protocol/json/read.ts";

test.each<[string, Quantity | undefined]>([
  ["5", 5n],
  ["5.0", 5],
  ["5e0", 5],
  ["99999999999999999999", 99999999999999999999n],
  ["9".repeat(4300), 10n ** 4300n - 1n],
  ['"5"', 5n],
  ['" 1_000 "', 1000n],
  ['"1.5"', 1.5],
  ["9".repeat(4301), undefined],
  [`-${"9".repeat(4301)}`, undefined],
  ["1e999", undefined],
  ['"x"', undefined],
  ['"1e3"', undefined],
  ["null", undefined],
  ["true", undefined],
  ["[1]", undefined],
])("the JSON operand %p is %p", (text, operand) => {
  expect(operandFromJson(readJson(text))).toBe(operand);
});
