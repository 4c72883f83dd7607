import { describe, expect, test } from "bun:test";
import { pbkdf2Sync } from "node:crypto";
import { hashOf, writeHash } from "../../../../src/protocol/mqtt/password-hash.ts";
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

describe("a password that Mosquitto has hashed", () => {
  const salt = Buffer.from("a salt of Mosquitto");
  const kinds = [
    ["$6$", 0],
    ["$7$", 101],
  ] as const;
  const hashed = async (password: string | Uint8Array, iterations: number) =>
    writeHash({ iterations, salt, hash: await hashOf(password, { iterations, salt }) });
  const binary = Uint8Array.of(0xff, 0xfe, 0x80, 0xc3, 0x28, 0x7f, 0x01);

  test.each(kinds)("by %s may be any bytes, and is these and no others", async (_, iterations) => {
    const all = new Users([{ name: "raw", password: await hashed(binary, iterations) }]);
    const others: Uint8Array[] = [
      // What a decoder of UTF-8, or of Latin-1, would make of them.
      Buffer.from(Buffer.from(binary).toString("utf8")),
      Buffer.from(Buffer.from(binary).toString("latin1"), "utf8"),
      // To HMAC, and so to PBKDF2, a key of this length is the same with zeros behind it.
      ...(iterations === 0 ? [Buffer.from([...binary, 0])] : []),
      binary.subarray(0, -1),
      Uint8Array.of(),
    ];
    // Before and after the right one is known.
    for (let attempt = 0; attempt < 2; attempt++) {
      for (const other of others) expect(await all.check("raw", other, applicant)).toBe(false);
      expect(await all.check("raw", binary, applicant)).toBe(true);
    }
  });

  test.each(kinds)("by %s is not another one that SASLprep takes for the same", async (_, iterations) => {
    const all = new Users([{ name: "a", password: await hashed("caf\u00e9", iterations) }]);
    for (let attempt = 0; attempt < 2; attempt++) {
      expect(await all.check("a", bytes("cafe\u0301"), applicant)).toBe(false);
      expect(await all.check("a", bytes("caf\u00e9"), applicant)).toBe(true);
    }
  });

  test("may hold a NUL, as MQTT allows it", async () => {
    const all = new Users([{ name: "a", password: await hashed(Uint8Array.of(1, 0, 2), 101) }]);
    expect(await all.check("a", Uint8Array.of(1), applicant)).toBe(false);
    expect(await all.check("a", Uint8Array.of(1, 0, 2), applicant)).toBe(true);
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
