import { describe, expect, test } from "bun:test";
import { pbkdf2Sync } from "node:crypto";
import { readClientFirst } from "../../../src/protocol/scram/messages.ts";
import { saslPrep } from "../../../src/protocol/scram/sasl-prep.ts";
import { challenge, conclude } from "../../../src/protocol/scram/server.ts";
import { readVerifier, verifierOf, writeVerifier } from "../../../src/protocol/scram/verifier.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
const verifier = verifierOf(pbkdf2Sync("pencil", salt, 4096, 32, "sha256"), salt, 4096);

/** The example of RFC 7677, section 3. */
const example = {
  first: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
  random: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
  challenge: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
  final:
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
  verdict: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
};
const asked = (first = example.first) => challenge(readClientFirst(bytes(first)), verifier, example.random);

describe("SCRAM-SHA-256", () => {
  test("runs the example of RFC 7677", () => {
    expect(readClientFirst(bytes(example.first))).toMatchObject({ username: "user", header: "n,," });
    expect(asked().message).toBe(example.challenge);
    expect(conclude(asked(), bytes(example.final))).toBe(example.verdict);
  });

  test("a proof with one bit turned proves nothing", () => {
    expect(conclude(asked(), bytes(example.final.replace("p=dH", "p=dX")))).toBeUndefined();
  });

  test("an answer to another question, or with another header, is none", () => {
    expect(() => conclude(asked(), bytes(example.final.replace("$k0", "$k1")))).toThrow("another nonce");
    expect(() => conclude(asked("y,,n=user,r=rOprNGfwEbeRWgbNEkqO"), bytes(example.final))).toThrow("header");
    expect(() => conclude(asked(), bytes("c=biws,r=x"))).toThrow("the last message must be such as");
  });

  test("names travel escaped and come out prepared", () => {
    const name = (text: string) => readClientFirst(bytes(`n,,n=${text},r=x`)).username;
    expect(name("a=2Cb=3Dc")).toBe("a,b=c");
    expect(name("I\u00adX")).toBe("IX");
    expect(() => name("a=b")).toThrow('"="');
    expect(() => name("")).toThrow("first message");
  });

  test.each([
    ["p=tls-unique,,n=user,r=x", "channel binding"],
    ["n,,m=new,n=user,r=x", "extension"],
    ["n,a=other,n=user,r=x", "act for another"],
    ["n=user,r=x", "first message"],
    ["n,,n=user,r=a b", "first message"],
    ["n,,n=user", "first message"],
  ])("refuses %s", (first, reason) => {
    expect(() => readClientFirst(bytes(first))).toThrow(reason);
  });

  test("a user may act for itself, and may know more extensions", () => {
    expect(readClientFirst(bytes("y,a=user,n=user,r=x,z=1"))).toMatchObject({ bare: "n=user,r=x,z=1" });
    expect(() => readClientFirst(new Uint8Array([0x6e, 0x2c, 0x2c, 0xff]))).toThrow("UTF-8");
  });
});

describe("verifiers", () => {
  test("are written as they are read", () => {
    const text = writeVerifier(verifier);
    expect(text).toStartWith("SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$");
    const read = readVerifier(text);
    if (read === undefined) throw new Error(`${text} was not read`);
    expect(writeVerifier(read)).toBe(text);
  });

  test("with too few or far too many iterations, or half a key, are none", () => {
    const text = writeVerifier(verifier);
    expect(readVerifier(text.replace("4096:", "4095:"))).toBeUndefined();
    expect(readVerifier(text.replace("4096:", "10000001:"))).toBeUndefined();
    expect(readVerifier(text.slice(0, -2))).toBeUndefined();
    expect(readVerifier("pencil")).toBeUndefined();
  });
});

// RFC 4013, section 3.
test.each([
  ["I\u00adX", "IX"],
  ["user", "user"],
  ["USER", "USER"],
  ["\u00aa", "a"],
  ["\u2168", "IX"],
  ["a\u00a0b", "a b"],
  ["e\u0301", "\u00e9"],
  ["\u0007\u00aa", "\u0007\u00aa"],
])("SASLprep makes of %j %j", (text, prepared) => {
  expect(saslPrep(text)).toBe(prepared);
});
