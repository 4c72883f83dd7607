import { describe, expect, test } from "bun:test";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { unmetAccess, withAccessFiles } from "../../../../src/roles/mqtt/access-files.ts";
import { readKeyFile } from "../../../../src/roles/mqtt/auth/key-file.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { Authority, openssl } from "../../../support/certificates.ts";
import { testWith } from "../../../support/needs.ts";
import { scratchFolder } from "../../../support/scratch.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const short = generateKeyPairSync("rsa", { modulusLength: 1024 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });

const pemOf = (key: KeyObject) =>
  key.export({ type: key.type === "public" ? "spki" : "pkcs8", format: "pem" }).toString();
const jwkOf = (key: KeyObject, more: object = {}) => ({ ...key.export({ format: "jwk" }), ...more });
const setOf = (...keys: object[]) => JSON.stringify({ keys });

function fileWith(text: string): string {
  const path = join(scratchFolder("keys"), "keys");
  writeFileSync(path, text);
  return path;
}

describe("a file with public keys", () => {
  test("has them in PEM, several after each other, with anything between them", () => {
    const { keys, isNameless } = readKeyFile(
      fileWith(`# ours\n${pemOf(rsa.publicKey)}\n${pemOf(ec.publicKey)}`),
    );
    expect(isNameless).toBe(true);
    expect(keys as unknown[]).toEqual([jwkOf(rsa.publicKey), jwkOf(ec.publicKey)]);
  });

  testWith(openssl)("or in a certificate", () => {
    const { cert } = new Authority().issue();
    expect(readKeyFile(cert).keys).toHaveLength(1);
  });

  test("or as a JSON Web Key Set, of which kinds that are not known are left out", () => {
    const known = jwkOf(ec.publicKey, { kid: "a", use: "sig" });
    const text = setOf(known, { kty: "oct", k: "AAAA" }, { kty: "quantum" }, 7 as never);
    expect(readKeyFile(fileWith(text))).toEqual({ isNameless: false, keys: [known] } as never);
  });

  const cases: [string, string, string][] = [
    ["nothing", "", "must be public keys in PEM"],
    ["a private key", pemOf(ec.privateKey), "has a private key; the broker needs the public half only"],
    ["a private key in a set", setOf(jwkOf(ec.privateKey)), "its key 1 is a private one"],
    ["a short key", pemOf(short.publicKey), "its key 1 has 1024 bits; RSA needs at least 2048"],
    [
      "a short key in a set",
      setOf(jwkOf(short.publicKey)),
      "its key 1 has 1024 bits; RSA needs at least 2048",
    ],
    ["JSON that is broken", "{", "JSON"],
    ["no set", "{}", 'must be a JSON Web Key Set: { "keys": [...] }'],
    ["a set of secrets", setOf({ kty: "oct", k: "AAAA" }), "has no public key to check signatures with"],
    [
      "too many keys",
      setOf(...Array.from({ length: 101 }, () => ({}))),
      "has 101 keys; at most 100 are read",
    ],
    [
      "so many keys without names that each token would cost as many checks",
      Array(9).fill(pemOf(ec.publicKey)).join(""),
      "has 9 keys, and no token says which of them has signed it, so at most 8 are read",
    ],
  ];
  test.each(cases)("with %s is refused with the reason", (_, text, why) => {
    const path = fileWith(text);
    expect(() => readKeyFile(path)).toThrow(path);
    expect(() => readKeyFile(path)).toThrow(why);
  });
});

describe("a configuration that names such a file", () => {
  const configOf = (path: string) =>
    withAccessFiles(mqttConfig.parse({ auth: { jwt: { keys: path } } }), (one) => one);

  test("has its keys, so that another key is another configuration", () => {
    const path = fileWith(pemOf(rsa.publicKey));
    const before = configOf(path);
    expect(before.auth?.jwt?.keys as unknown).toEqual({ isNameless: true, keys: [jwkOf(rsa.publicKey)] });
    expect([...unmetAccess(before)]).toEqual([]);
    writeFileSync(path, pemOf(ec.publicKey));
    expect(JSON.stringify(configOf(path))).not.toBe(JSON.stringify(before));
  });

  test("says what is wrong with it before the service starts", () => {
    const path = fileWith("");
    expect([...unmetAccess(configOf(path))]).toEqual([
      { path: ["auth", "jwt", "keys"], message: expect.stringContaining(`${path}: must be public keys`) },
    ]);
    const [missing] = unmetAccess(configOf("/nowhere/keys.pem"));
    expect(missing?.message).toStartWith("/nowhere/keys.pem cannot be read: ");
  });
});
