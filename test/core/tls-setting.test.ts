import { describe, expect, test } from "bun:test";
import { safeCiphers, weakOf } from "../../src/core/tls-ciphers.ts";
import { tlsField } from "../../src/core/tls-setting.ts";

const pair = { cert: "a", key: "b" };
const mistakes = (more: object) =>
  (tlsField.safeParse({ ...pair, ...more }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join(".")}: ${message}`,
  );

describe("the settings of TLS", () => {
  test("are safe where nothing is said", () => {
    expect(tlsField.parse(pair)).toEqual({
      ...pair,
      requireClientCert: false,
      crl: [],
      minVersion: "1.2",
      ciphers: [...safeCiphers],
    });
    expect(weakOf(safeCiphers)).toEqual([]);
  });

  test("may be written in the ways that people write them", () => {
    const required = { ca: "c", requireClientCert: true };
    expect(tlsField.parse({ ...pair, minVersion: 1.3 })).toMatchObject({ minVersion: "1.3" });
    expect(tlsField.parse({ ...pair, ...required, crl: "d" })).toMatchObject({ ...required, crl: ["d"] });
    expect(tlsField.parse({ ...pair, ca: "c", requestClientCertificate: true })).toMatchObject(required);
    const two = ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305"];
    expect(tlsField.parse({ ...pair, ciphers: two.join(":") })).toMatchObject({ ciphers: two });
    expect(tlsField.parse({ ...pair, ciphers: two })).toMatchObject({ ciphers: two });
  });

  test("that keep nobody out, or contradict each other, are mistakes", () => {
    expect(mistakes({ requireClientCert: true })).toEqual([
      "requireClientCert: needs ca: a file with the authorities whose certificates are taken",
    ]);
    expect(mistakes({ crl: "d" })).toEqual([
      "crl: keeps nobody out without requireClientCert: true beside it",
    ]);
    expect(mistakes({ ca: "c", requireClientCert: true, requestClientCertificate: false })).toEqual([
      "requestClientCertificate: is the older name of requireClientCert, which stands here as well",
    ]);
    expect(mistakes({ minVersion: "1.3", ciphers: "AES128-SHA" })).toEqual([
      "ciphers: is about TLS 1.2, which minVersion: 1.3 rules out",
    ]);
  });

  test("of versions and suites that nobody should speak say what would be right", () => {
    for (const minVersion of [1, 1.1, "1.0", "TLSv1.2"])
      expect(mistakes({ minVersion })).toEqual([
        expect.stringContaining("minVersion: must be 1.2 or 1.3, and is"),
      ]);
    expect(mistakes({ ciphers: "" })).toEqual([
      expect.stringContaining("must name a cipher suite, such as ECDHE-"),
    ]);
    expect(mistakes({ ciphers: "ECDHE-RSA-AES128-GCM-SHA265" })).toEqual([
      expect.stringContaining('Did you mean "ECDHE-RSA-AES128-GCM-SHA256"?'),
    ]);
    expect(mistakes({ ciphers: ["TLS_AES_128_GCM_SHA256"] })).toEqual([
      expect.stringContaining("is one of TLS 1.3, whose three suites are always on"),
    ]);
    for (const ciphers of ["HIGH:!aNULL", "DES-CBC3-SHA", "NULL-SHA"])
      expect(mistakes({ ciphers })).toEqual([expect.stringContaining("is none that can be used")]);
  });
});
