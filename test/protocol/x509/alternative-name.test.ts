import { describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { firstAlternativeName } from "../../../src/protocol/x509/alternative-name.ts";
import { Authority, openssl } from "../../support/certificates.ts";
import { der, sequence } from "../../support/der.ts";
import { testWith } from "../../support/needs.ts";

const testTls = testWith(openssl);
const authority = openssl.isThere() ? new Authority() : undefined;

/** The DER of a certificate with these alternative names, as openssl takes them; empty: none. */
const certificateWith = (names: string): Uint8Array =>
  new X509Certificate(readFileSync(authority!.issue("ani", 60, { names }).cert)).raw;

describe("the first alternative name of a certificate", () => {
  for (const [names, expected] of [
    ["email:ani@lab.example,DNS:other", "ani@lab.example"],
    ["DNS:ani.lab.example", "ani.lab.example"],
    ["URI:urn:uuid:7f0c,DNS:other", "urn:uuid:7f0c"],
    ["IP:127.0.0.1,DNS:after.an.address", "after.an.address"],
  ] as const)
    testTls(`of ${JSON.stringify(names)}`, () => {
      expect(firstAlternativeName(certificateWith(names))).toBe(expected);
    });

  test("is all of it, also where as text it would read like two names", () => {
    const name = "urn:x, DNS:budi";
    const names = sequence(der(0x06, "\x55\x1d\x11"), der(0x04, sequence(der(0x86, name))));
    const certificate = sequence(sequence(der(0xa3, sequence(names))));
    expect(firstAlternativeName(certificate)).toBe(name);
  });

  testTls("is undefined where there is none that is text", () => {
    expect(firstAlternativeName(certificateWith(""))).toBeUndefined();
    expect(firstAlternativeName(certificateWith("IP:127.0.0.1"))).toBeUndefined();
    // An authority's own certificate has other extensions only.
    expect(firstAlternativeName(new X509Certificate(authority!.pem).raw)).toBeUndefined();
  });

  testTls("of bytes that are cut off is an error, wherever that is, and never hangs or crashes", () => {
    const whole = certificateWith("DNS:ani");
    for (let length = 1; length < whole.length; length++)
      expect(() => firstAlternativeName(whole.subarray(0, length))).toThrow(RangeError);
  });

  test("of what is no certificate is an error", () => {
    for (const bytes of [[], [0x30, 0], [0x02, 1, 5], [0x30, 0x80, 0, 0]])
      expect(() => firstAlternativeName(Uint8Array.from(bytes))).toThrow(RangeError);
  });
});
