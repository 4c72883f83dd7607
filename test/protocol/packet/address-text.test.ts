import { expect, test } from "bun:test";
import { ipv4Text, ipv6Text, macText } from "../../../src/protocol/packet/address-text.ts";

const bytes = (hex: string) => Buffer.from(hex, "hex");

test("IPv4 and hardware addresses", () => {
  expect(ipv4Text(bytes("ffac101065"), 1)).toBe("172.16.16.101");
  expect(macText(bytes("0242ac10ff05"), 0)).toBe("02:42:ac:10:ff:05");
});

// RFC 5952, section 4
test.each([
  ["20010db8000000000000000000000001", "2001:db8::1"],
  ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
  ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
  ["00000000000000000000000000000000", "::"],
  ["00000000000000000000000000000001", "::1"],
  ["fe800000000000000000000000000000", "fe80::"],
  ["00000000000000000000ffff7f000001", "::ffff:127.0.0.1"],
])("%s is written %s", (hex, text) => {
  expect(ipv6Text(bytes(hex), 0)).toBe(text);
});
