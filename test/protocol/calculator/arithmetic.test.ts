import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Quantity } from "../../../src/core/operation.ts";
import { bitLength } from "../../../src/protocol/calculator/arithmetic.ts";
import * as division from "../../../src/protocol/calculator/division.ts";
import { Effort } from "../../../src/protocol/calculator/effort.ts";
import * as powers from "../../../src/protocol/calculator/power.ts";
import { nearestDecimal, splitDecimal } from "../../../src/protocol/calculator/rounding.ts";

const divide = (x: Quantity, y: Quantity) => division.divide(x, y, new Effort());
const floorDivide = (x: Quantity, y: Quantity) => division.floorDivide(x, y, new Effort());
const modulo = (x: Quantity, y: Quantity) => division.modulo(x, y, new Effort());
const power = (base: Quantity, exponent: Quantity) => powers.power(base, exponent, new Effort());

const nonZero = fc.bigInt().filter((value) => value !== 0n);
const decimal = fc.double({ noNaN: true, noDefaultInfinity: true });
const small = fc.integer({ min: -1_000_000, max: 1_000_000 });

describe("integer division", () => {
  test("quotient and rest belong together, and the rest has the sign of the divisor", () => {
    fc.assert(
      fc.property(fc.bigInt(), nonZero, (x, y) => {
        const quotient = floorDivide(x, y);
        const rest = modulo(x, y);
        if (typeof quotient !== "bigint" || typeof rest !== "bigint") return false;
        return quotient * y + rest === x && (rest === 0n || rest < 0n === y < 0n);
      }),
    );
  });

  test("/ of integers that decimals hold exactly is the decimals' own division", () => {
    fc.assert(fc.property(small, small, (x, y) => y === 0 || Object.is(divide(BigInt(x), BigInt(y)), x / y)));
  });

  test("/ of a common factor far beyond any decimal gives what it gives without the factor", () => {
    fc.assert(
      fc.property(small, small, fc.bigInt({ min: 2n ** 2000n, max: 2n ** 3000n }), (x, y, factor) => {
        return x === 0 || y === 0 || divide(BigInt(x) * factor, BigInt(y) * factor) === x / y;
      }),
    );
  });

  test("/ rounds half to even, and what lies a hair beside half the right way", () => {
    const half = 2n ** 54n + 2n; // between 2^54 and 2^54 + 4, whose halves are even and odd
    expect(divide(half * 3n, 3n)).toBe(2 ** 54);
    expect(divide(half * 3n + 1n, 3n)).toBe(2 ** 54 + 4);
    expect(divide(1n, 2n ** 1074n)).toBe(5e-324);
    expect(divide(1n, 2n ** 1075n)).toBe(0);
    expect(divide(2n ** 200n + 1n, 2n ** 1275n)).toBe(5e-324);
    expect(divide(-1n, 10n ** 400n)).toBe(-0);
  });
});

describe("nearestDecimal", () => {
  test("gives back every positive decimal that is split, subnormal ones too", () => {
    fc.assert(
      fc.property(decimal, (value) => {
        const magnitude = Math.abs(value);
        if (magnitude === 0) return true;
        const { mantissa, exponent } = splitDecimal(magnitude);
        return nearestDecimal(mantissa, 1n, exponent) === magnitude;
      }),
    );
  });

  test("agrees with JavaScript on whole numbers of any size", () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 2n ** 1020n }),
        (value) => nearestDecimal(value, 1n) === Number(value),
      ),
    );
  });
});

describe("power", () => {
  test("of integers is repeated multiplication", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -1000n, max: 1000n }), fc.integer({ min: 0, max: 40 }), (base, count) => {
        const product = new Array<bigint>(count).fill(base).reduce((left, right) => left * right, 1n);
        return power(base, BigInt(count)) === product;
      }),
    );
  });

  // Correctly rounded values; multiplying doubles again and again ends beside them.
  test.each<[number, bigint, number]>([
    [1e16, 5n, 1e80],
    [-69.628, 121n, -9.481005494544828e222],
    [75, 143n, 1.3606946117386447e268],
    [2, -1074n, 5e-324],
    [2, -1080n, 0],
    [-0.5, 3n, -0.125],
    [5e-324, 0n, 1],
  ])("%p to the %p is %p", (base, exponent, result) => {
    expect(power(base, exponent)).toBe(result);
  });
});

test("bitLength counts the bits of a magnitude", () => {
  fc.assert(
    fc.property(nonZero, (value) => bitLength(value) === (value < 0n ? -value : value).toString(2).length),
  );
  expect(bitLength(0n)).toBe(0);
});
