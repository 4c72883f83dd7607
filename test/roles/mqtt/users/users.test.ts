import { describe, expect, test } from "bun:test";
import { pbkdf2Sync } from "node:crypto";
import { verifierOf, writeVerifier } from "../../../../src/protocol/scram/verifier.ts";
import { Users } from "../../../../src/roles/mqtt/users/users.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const applicant = { remote: "127.0.0.1:4711", isGone: () => false };

/** A stored verifier of a password. */
const stored = (password: string, salt = "0123456789", iterations = 5000) =>
  writeVerifier(
    verifierOf(pbkdf2Sync(password, salt, iterations, 32, "sha256"), Buffer.from(salt), iterations),
  );

const users = () =>
  new Users([
    { name: "plain", password: "open sesame" },
    { name: "stored", password: stored("pencil") },
    { name: "Jose\u0301", password: "cafe\u0301" },
  ]);

describe("a password", () => {
  test("in plain text in the configuration is checked synchronously when it is correct", () => {
    expect(users().check("plain", bytes("open sesame"), applicant)).toBe(true);
  });

  test("stored as a verifier is checked asynchronously at first, and from the cache afterwards", async () => {
    const all = users();
    const first = all.check("stored", bytes("pencil"), applicant);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toBe(true);
    expect(all.check("stored", bytes("pencil"), applicant)).toBe(true);
  });

  test.each([
    ["plain", "open sesam"],
    ["plain", ""],
    ["plain", "pencil"],
    ["stored", "pencils"],
    ["stored", stored("pencil")],
    ["nobody", "open sesame"],
    ["", ""],
    ["PLAIN", "open sesame"],
  ])(
    "of %j that is %j is wrong, and is checked asynchronously, whether the user exists or not",
    async (name, password) => {
      const all = users();
      // It is as wrong when it is tried again.
      for (let attempt = 0; attempt < 2; attempt++) {
        const answer = all.check(name, bytes(password), applicant);
        expect(answer).toBeInstanceOf(Promise);
        expect(await answer).toBe(false);
      }
    },
  );

  test("may be in any Unicode normalization form, and may be invalid UTF-8", async () => {
    expect(users().check("José", bytes("café"), applicant)).toBe(true);
    expect(await users().check("plain", Uint8Array.of(0xff, 0xfe), applicant)).toBe(false);
  });

  test("of a client that has disconnected is not checked", async () => {
    expect(await users().check("stored", bytes("pencil"), { ...applicant, isGone: () => true })).toBe(false);
  });

  test("in the cache is valid for its own user only", async () => {
    const all = users();
    await all.check("stored", bytes("pencil"), applicant);
    expect(await all.check("nobody", bytes("pencil"), applicant)).toBe(false);
    expect(await all.check("plain", bytes("pencil"), applicant)).toBe(false);
  });
});

describe("the SCRAM verifier", () => {
  test("of an unknown user is stable, and looks like that of a known one", async () => {
    const all = users();
    const looks = new Set<string>();
    for (let i = 0; i < 50; i++) {
      const one = await all.verifierOf(`nobody ${i}`);
      expect(await all.verifierOf(`nobody ${i}`)).toEqual(one);
      expect([one.storedKey.length, one.serverKey.length]).toEqual([32, 32]);
      looks.add(`${one.iterations} iterations, ${one.salt.length} bytes of salt`);
    }
    expect([...looks].sort()).toEqual([
      "4096 iterations, 16 bytes of salt",
      "5000 iterations, 10 bytes of salt",
    ]);
  });

  test("differs between unknown users", async () => {
    const all = users();
    const [one, other] = [await all.verifierOf("nobody"), await all.verifierOf("no one")];
    expect(one.salt).not.toEqual(other.salt);
    expect(one.storedKey).not.toEqual(other.storedKey);
  });

  test("of a known user matches its password", async () => {
    const { salt, iterations, storedKey } = await users().verifierOf("plain");
    const derived = verifierOf(pbkdf2Sync("open sesame", salt, iterations, 32, "sha256"), salt, iterations);
    expect(Buffer.from(storedKey).equals(derived.storedKey)).toBe(true);
  });
});
