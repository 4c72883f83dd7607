import { describe, expect, test } from "bun:test";
import { pbkdf2Sync } from "node:crypto";
import { verifierOf, writeVerifier } from "../../../../src/protocol/scram/verifier.ts";
import { Users } from "../../../../src/roles/mqtt/users/users.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const asker = { remote: "127.0.0.1:4711", isGone: () => false };

/** What a database keeps of a password. */
const kept = (password: string, salt = "0123456789", iterations = 5000) =>
  writeVerifier(
    verifierOf(pbkdf2Sync(password, salt, iterations, 32, "sha256"), Buffer.from(salt), iterations),
  );

const users = () =>
  new Users([
    { name: "plain", password: "open sesame" },
    { name: "kept", password: kept("pencil") },
    { name: "Jose\u0301", password: "cafe\u0301" },
  ]);

describe("a password", () => {
  test("that is in the configuration is known at once when it is right", () => {
    expect(users().check("plain", bytes("open sesame"), asker)).toBe(true);
  });

  test("that is kept as a verifier takes its time at first, and none afterwards", async () => {
    const all = users();
    const first = all.check("kept", bytes("pencil"), asker);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toBe(true);
    expect(all.check("kept", bytes("pencil"), asker)).toBe(true);
  });

  test.each([
    ["plain", "open sesam"],
    ["plain", ""],
    ["plain", "pencil"],
    ["kept", "pencils"],
    ["kept", kept("pencil")],
    ["nobody", "open sesame"],
    ["", ""],
    ["PLAIN", "open sesame"],
  ])("of %j that is %j is wrong, and takes its time whoever it is of", async (name, password) => {
    const answer = users().check(name, bytes(password), asker);
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toBe(false);
  });

  test("may come in any form of Unicode, and as bytes that are no text", async () => {
    expect(users().check("José", bytes("café"), asker)).toBe(true);
    expect(await users().check("plain", Uint8Array.of(0xff, 0xfe), asker)).toBe(false);
  });

  test("of a client that has gone is not checked", async () => {
    expect(await users().check("kept", bytes("pencil"), { ...asker, isGone: () => true })).toBe(false);
  });

  test("of one user is not that of another, though it was right a moment ago", async () => {
    const all = users();
    await all.check("kept", bytes("pencil"), asker);
    expect(await all.check("nobody", bytes("pencil"), asker)).toBe(false);
    expect(await all.check("plain", bytes("pencil"), asker)).toBe(false);
  });
});

describe("what SCRAM needs to know", () => {
  test("of a user that does not exist stays the same, and looks like that of one that does", async () => {
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

  test("differs from name to name", async () => {
    const all = users();
    const [one, other] = [await all.verifierOf("nobody"), await all.verifierOf("no one")];
    expect(one.salt).not.toEqual(other.salt);
    expect(one.storedKey).not.toEqual(other.storedKey);
  });

  test("of a user that exists fits its password", async () => {
    const { salt, iterations, storedKey } = await users().verifierOf("plain");
    const derived = verifierOf(pbkdf2Sync("open sesame", salt, iterations, 32, "sha256"), salt, iterations);
    expect(Buffer.from(storedKey).equals(derived.storedKey)).toBe(true);
  });
});
