import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  formatIp,
  formatRange,
  isInRange,
  ownKey,
  parseIp,
  parseRange,
  RangeTable,
} from "../../src/core/address-range.ts";

const range = (text: string) => {
  const parsed = parseRange(text);
  if (parsed === undefined) throw new Error(`no range: ${text}`);
  return parsed;
};
const ip = (text: string) => {
  const parsed = parseIp(text);
  if (parsed === undefined) throw new Error(`no address: ${text}`);
  return parsed;
};

describe("an IP address", () => {
  test.each([
    ["127.0.0.1", "127.0.0.1"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["::1", "::1"],
    ["1::", "1::"],
    ["2001:DB8::0:7", "2001:db8::7"],
    ["2001:db8:0:0:1:0:0:0", "2001:db8:0:0:1::"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["1:0:3:0:5:0:7:0", "1:0:3:0:5:0:7:0"],
    ["10:0:0:0:0:0:0:100", "10::100"],
    ["fe80::1%eth0", "fe80::1"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["::ffff:c000:207", "192.0.2.7"],
    ["64:ff9b::192.0.2.7", "64:ff9b::c000:207"],
  ])("%s is read, and written as %s", (text, written) => {
    expect(formatIp(ip(text))).toBe(written);
  });

  test.each([
    ...["", "x", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4"],
    ...[":", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7::8:9", "12345::", "g::"],
    ...["1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::", "::1.2.3.4:5", "[::1]", "localhost"],
  ])("%p is none", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  test("of 128 random bits is the same after it has been written and read", () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 128n - 1n), (value) => {
        fc.pre(value >> 32n !== 0xffffn);
        expect(parseIp(formatIp({ bits: 128, value }))).toEqual({ bits: 128, value });
      }),
    );
  });

  test("may be any text without a crash", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseIp(text)));
    fc.assert(fc.property(fc.stringMatching(/^[0-9a-f:.]{0,45}$/), (text) => void parseIp(text)));
  });
});

describe("a range of addresses", () => {
  test.each([
    ["10.0.0.0/8", "10.255.1.2", true],
    ["10.0.0.0/8", "11.0.0.1", false],
    ["10.0.0.0/8", "a00::1", false],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.8", false],
    ["0.0.0.0/0", "203.0.113.1", true],
    ["0.0.0.0/0", "2001:db8::1", false],
    ["::/0", "2001:db8::1", true],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/32", "2001:db9::1", false],
    ["127.0.0.0/8", "::ffff:127.0.0.9", true],
  ])("%s and %s: %p", (network, address, isInside) => {
    expect(isInRange(range(network), ip(address))).toBe(isInside);
  });

  test.each([
    "10.0.0.1/8",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/",
    "/8",
    "10.0.0.0/8/8",
    "10.0.0.0/-1",
    "lab/8",
  ])("%p is refused", (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  test.each(["10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "::/0", "0.0.0.0/0"])("%s is written so", (text) => {
    expect(formatRange(range(text))).toBe(text);
  });
});

test("who has one IPv6 address has the /64 around it", () => {
  expect(ownKey("192.0.2.7")).toBe("192.0.2.7");
  expect(ownKey("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(ownKey("2001:db8:1:2:ffff::1")).toBe(ownKey("2001:db8:1:2::9"));
  expect(ownKey("2001:db8:1:3::9")).not.toBe(ownKey("2001:db8:1:2::9"));
  // A link, and IPv4 behind a translator, have many machines of many people in one /64.
  expect(ownKey("fe80::1%eth0")).not.toBe(ownKey("fe80::2%eth0"));
  expect(ownKey("64:ff9b::192.0.2.7")).not.toBe(ownKey("64:ff9b::192.0.2.8"));
  expect(ownKey("")).toBe("");
});

test("a table finds each address in the ranges that hold it, as looking through all of them does", () => {
  const prefix = fc.integer({ min: 0, max: 32 });
  const value = fc.bigInt(0n, 2n ** 32n - 1n);
  const anyRange = fc.tuple(prefix, value).map(([length, at]) => {
    const rest = BigInt(32 - length);
    return { bits: 32 as const, prefix: length, value: (at >> rest) << rest };
  });
  fc.assert(
    fc.property(fc.array(anyRange), fc.array(anyRange), fc.array(value), (added, removed, asked) => {
      const table = new RangeTable<string>();
      for (const one of added) table.set(one, formatRange(one));
      for (const one of removed) table.delete(one);
      const gone = new Set(removed.map(formatRange));
      const left = added.filter((one) => !gone.has(formatRange(one)));
      expect(table.size).toBe(new Set(left.map(formatRange)).size);
      for (const at of [...asked, ...added.map(({ value }) => value)]) {
        const address = { bits: 32 as const, value: at };
        const holds = left.filter((one) => isInRange(one, address)).map(formatRange);
        const found = table.find(address, () => true);
        if (holds.length === 0) expect(found).toBeUndefined();
        else expect(holds).toContain(found!);
      }
    }),
  );
});
