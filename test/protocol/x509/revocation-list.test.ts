import { describe, expect, test } from "bun:test";
import { readRevocationList } from "../../../src/protocol/x509/revocation-list.ts";
import { der, sequence } from "../../support/der.ts";

const version = der(0x02, "\x01");
const utc = (text: string) => der(0x17, text);
const generalized = (text: string) => der(0x18, text);
const algorithm = sequence(der(0x06, "\x2a\x86\x48"));
const issuer = sequence();
const list = (...fields: Uint8Array[]) => sequence(sequence(...fields), algorithm, der(0x03, "\0"));

describe("a revocation list", () => {
  test("says when the next one is due, in both forms of a time", () => {
    const this_ = utc("260101000000Z");
    const next = (time: Uint8Array) =>
      readRevocationList(list(version, algorithm, issuer, this_, time)).nextUpdate;
    expect(next(utc("261127233000Z"))).toBe(Date.UTC(2026, 10, 27, 23, 30));
    expect(next(utc("991231235959Z"))).toBe(Date.UTC(1999, 11, 31, 23, 59, 59));
    expect(next(generalized("20510203040506Z"))).toBe(Date.UTC(2051, 1, 3, 4, 5, 6));
  });

  test("may be of version 1, say nothing of a next one, and name what it revokes", () => {
    const revoked = sequence(sequence(der(0x02, "\x05"), utc("260101000000Z")));
    expect(readRevocationList(list(algorithm, issuer, utc("260101000000Z"))).nextUpdate).toBeUndefined();
    const named = list(version, algorithm, issuer, utc("260101000000Z"), revoked);
    expect(readRevocationList(named).nextUpdate).toBeUndefined();
  });

  test("that is cut off, or something else, is refused at every byte", () => {
    const whole = list(version, algorithm, issuer, utc("260101000000Z"), utc("260201000000Z"));
    for (let length = 0; length < whole.length; length++)
      expect(() => readRevocationList(whole.subarray(0, length))).toThrow(RangeError);
    const wrong = [
      sequence(),
      der(0x02, "\x01"),
      list(version, algorithm, issuer),
      list(version, algorithm, issuer, utc("yesterday")),
      Uint8Array.of(0x30, 0x80, 0, 0),
      Uint8Array.of(0x30, 0x85, 1, 1, 1, 1, 1),
    ];
    for (const bytes of wrong) expect(() => readRevocationList(bytes)).toThrow(RangeError);
  });
});
