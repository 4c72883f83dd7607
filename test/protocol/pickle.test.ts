import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { pickleInt } from "../../src/protocol/pickle.ts";
import { unpickle } from "../../src/protocol/unpickle.ts";
import { needs, testWith } from "../support/needs.ts";
import { output } from "../support/program.ts";
import { python } from "../support/python.ts";

const hex = (value: bigint | number) => pickleInt(value).toHex();

describe("pickleInt writes what pickle.dumps(n, protocol=4) writes", () => {
  test.each([
    [0, "80044b002e"],
    [71, "80044b472e"],
    [255, "80044bff2e"],
    [256, "80049504000000000000004d00012e"],
    [65535, "80049504000000000000004dffff2e"],
    [65536, "80049506000000000000004a000001002e"],
    [-1, "80049506000000000000004affffffff2e"],
    [2 ** 31 - 1, "80049506000000000000004affffff7f2e"],
    [-(2 ** 31), "80049506000000000000004a000000802e"],
    [2 ** 31, "80049508000000000000008a0500000080002e"],
    [-(2 ** 31) - 1, "80049508000000000000008a05ffffff7fff2e"],
    [2n ** 63n, "8004950c000000000000008a090000000000000080002e"],
    [-(2n ** 63n), "8004950b000000000000008a0800000000000000802e"],
  ])("%p", (value, expected) => {
    expect(hex(value)).toBe(expected);
  });

  testWith(needs.python)("as Python itself says, for ints of every size", async () => {
    const sizes = [1n, 8n, 16n, 31n, 32n, 63n, 64n, 127n, 2031n, 2032n, 2039n, 2040n, 600_000n];
    const values = sizes.flatMap((bits) =>
      [-1n, 0n, 1n].flatMap((step) => [2n ** bits + step, -(2n ** bits) + step]),
    );
    const program =
      "import pickle,sys\nfor line in sys.argv[1].split(): print(pickle.dumps(eval(line), protocol=4).hex())";
    const expressions = sizes.flatMap((bits) =>
      [-1, 0, 1].flatMap((step) => [`2**${bits}+${step}`, `-(2**${bits})+${step}`]),
    );
    const printed = await output([python, "-c", program, expressions.join(" ")]);
    expect(values.map(hex)).toEqual(printed.trim().split("\n"));
  });
});

test("unpickle reads back every int that pickleInt writes", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 3000n), max: 2n ** 3000n }), (value) => {
      expect(unpickle(pickleInt(value))).toBe(value);
    }),
  );
});
