import { expect, test } from "bun:test";
import { hostMistake } from "../../src/core/schema.ts";

test.each([
  "127.0.0.1",
  "0.0.0.0",
  "::",
  "::1",
  "fe80::1%eth0",
  "localhost",
  "lab-1.its.ac.id",
  "a_b",
  "4f3a2b1c",
])("%s is a host to listen on", (text) => {
  expect(hostMistake(text)).toBeUndefined();
});

test.each([
  ["not a host", ""],
  ["", ""],
  ["999.1.1.1", ""],
  ["1.2.3", ""],
  ["-a.example", ""],
  ["a..b", ""],
  [`${"a".repeat(64)}.example`, ""],
  ["*", "; 0.0.0.0 is for all addresses"],
  ["[::1]", ": an IPv6 address is written without [ and ]"],
  ["localhost:2222", ": the port has its own setting, port:"],
])("%j is no host, and the mistake says what one is", (text, hint) => {
  expect(hostMistake(text)).toBe(`must be an IP address such as 0.0.0.0 or ::1, or a host name${hint}`);
});
