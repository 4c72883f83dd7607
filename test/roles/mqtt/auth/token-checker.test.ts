import { describe, expect, onTestFinished, test } from "bun:test";
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { TokenChecker } from "../../../../src/roles/mqtt/auth/token-checker.ts";
import type { Credentials } from "../../../../src/roles/mqtt/ports/access.ts";
import { authConfig, bytes, credentials, FakeService, json } from "../support/auth-kit.ts";

const secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const start = Date.UTC(2026, 0, 1) / 1000;

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const otherRsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const curves = { ES256: "P-256", ES384: "P-384", ES512: "P-521" } as const;
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");

const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const padding = 6; // RSA_PKCS1_PSS_PADDING

/** The signature of RFC 7518, made by node:crypto and not by the library that is to check it. */
function signature(alg: string, input: string, key: KeyObject | string): Buffer {
  const hash = `sha${alg.slice(2)}`;
  const data = Buffer.from(input);
  if (alg.toLowerCase() === "none") return Buffer.alloc(0);
  if (typeof key === "string" || alg.startsWith("HS"))
    return createHmac(hash, key as string)
      .update(data)
      .digest();
  if (alg === "EdDSA" || alg === "Ed25519") return sign(null, data, key);
  if (alg.startsWith("PS")) return sign(hash, data, { key, padding, saltLength: Number(alg.slice(2)) / 8 });
  return sign(hash, data, alg.startsWith("ES") ? { key, dsaEncoding: "ieee-p1363" } : { key });
}

interface Made {
  readonly alg?: string;
  readonly key?: KeyObject | string;
  readonly claims?: object;
  readonly header?: object;
}

function tokenWith({ alg = "HS256", key = secret, claims = {}, header = {} }: Made = {}): string {
  const payload = { sub: "ani", exp: start + 60, ...claims };
  const input = `${base64({ alg, typ: "JWT", ...header })}.${base64(payload)}`;
  return `${input}.${signature(alg, input, key).toString("base64url")}`;
}

const keySet = (...keys: (readonly [key: KeyObject, more?: object])[]) => ({
  isNameless: false,
  keys: keys.map(([key, more]) => ({ ...key.export({ format: "jwk" }), ...more })),
});

function checkerWith(jwt: object, fake = new FakeService()) {
  const isSecret = !("keys" in jwt || "jwks" in jwt);
  const keys = Reflect.get(jwt, "keys");
  const given = { ...(isSecret && { secret }), ...jwt, ...(keys !== undefined && { keys: "read already" }) };
  const read = authConfig({ jwt: given }).jwt!;
  const checker = new TokenChecker(keys === undefined ? read : { ...read, keys: keys as never }, 2000, fake);
  onTestFinished(() => checker.stop());
  const verdict = (token: string, more: Partial<Credentials> = {}) =>
    checker.authenticate(bytes(token), credentials(more));
  return { checker, fake, verdict };
}

const grant = { by: "token", groups: [], rules: undefined, until: (start + 65) * 1000 };
const allowed = { reason: 0, username: "ani", grant };
const refused = (why: string, reason: number = Reason.BadUserNameOrPassword) => ({
  reason,
  message: `the token is refused: ${why}`,
});

describe("a token that is signed as it should be", () => {
  const keyOf = (alg: string) => {
    if (alg.startsWith("HS")) return secret;
    if (alg === "EdDSA" || alg === "Ed25519") return ed;
    if (alg.startsWith("ES")) return generateKeyPairSync("ec", { namedCurve: curves[alg as "ES256"] });
    return rsa;
  };
  test.each([
    ...["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"],
    ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
  ])("by %s lets its user in, and no changed copy of it does", async (alg) => {
    const key = keyOf(alg);
    const isShared = typeof key === "string";
    const source = isShared ? {} : { keys: keySet([key.publicKey, { kid: "a" }]) };
    const { verdict } = checkerWith({ ...source, algorithms: [alg] });
    const token = tokenWith({
      alg,
      key: isShared ? key : key.privateKey,
      header: isShared ? {} : { kid: "a" },
    });
    expect(await verdict(token)).toEqual(allowed as never);
    const [head, , proof] = token.split(".");
    const changed = `${head}.${base64({ sub: "budi", exp: start + 60 })}.${proof}`;
    expect(await verdict(changed, { username: "budi" })).toEqual(refused("its signature is wrong"));
  });

  test("counts without a user name, with an empty one, and with its own in another spelling", async () => {
    const { verdict } = checkerWith({});
    for (const username of [undefined, "", "ani", "a\u{ad}ni"])
      expect(await verdict(tokenWith(), { username })).toEqual(allowed as never);
    expect(await verdict(tokenWith(), { username: "budi" })).toEqual(
      refused('it is for the user "ani", and CONNECT names "budi"', Reason.NotAuthorized),
    );
  });

  test("says who its user is, in which groups, and by which rules", async () => {
    const { verdict } = checkerWith({
      usernameClaim: "preferred_username",
      groupsClaim: "realm_access.roles",
      rulesClaim: "https://lab.example/rules",
    });
    const claims = {
      preferred_username: "bu-sri",
      realm_access: { roles: ["dosen"] },
      "https://lab.example/rules": [{ publish: "kelas/#", subscribe: ["kelas/#", "!kelas/nilai"] }],
    };
    const rules = [{ publish: ["kelas/#"], subscribe: ["kelas/#", "!kelas/nilai"] }];
    expect(await verdict(tokenWith({ claims }), { username: "bu-sri" })).toEqual({
      reason: 0,
      username: "bu-sri",
      grant: { ...grant, groups: ["dosen"], rules },
    } as never);
  });

  test("is checked with any of the keys in PEM, and with those of a set that have no names", async () => {
    for (const isNameless of [true, false]) {
      const keys = { ...keySet([otherRsa.publicKey], [ec.publicKey], [rsa.publicKey]), isNameless };
      const { verdict } = checkerWith({ keys });
      const header = isNameless ? { kid: "which nobody knows" } : {};
      expect(await verdict(tokenWith({ alg: "RS256", key: rsa.privateKey, header }))).toEqual(
        allowed as never,
      );
      expect(await verdict(tokenWith({ alg: "ES256", key: ec.privateKey, header }))).toEqual(
        allowed as never,
      );
      const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
      expect(await verdict(tokenWith({ alg: "RS256", key: stranger, header }))).toEqual(
        refused("its signature is wrong"),
      );
    }
  });
});

test("of many keys a token that names none is tried with eight, and one that names its key with that one", async () => {
  const pairs = Array.from({ length: 9 }, () => generateKeyPairSync("ec", { namedCurve: "P-256" }));
  const keys = keySet(...pairs.map(({ publicKey }, index) => [publicKey, { kid: `${index}` }] as const));
  const { verdict } = checkerWith({ keys, algorithms: ["ES256"] });
  const tokenOf = (index: number, header: object = {}) =>
    tokenWith({ alg: "ES256", key: pairs[index]!.privateKey, header });
  expect(await verdict(tokenOf(7))).toEqual(allowed as never);
  expect(await verdict(tokenOf(8))).toEqual(
    refused("it names no key (kid), and the first 8 that fit have not signed it: no more are tried"),
  );
  expect(await verdict(tokenOf(8, { kid: "8" }))).toEqual(allowed as never);
  // Of a client that has left, nothing more is found out; those that come later are checked all the same.
  const left = Array.from({ length: 20 }, () => verdict(tokenOf(8), { isGone: () => true }));
  expect((await Promise.all(left)).at(-1)).toEqual({ reason: Reason.ServerUnavailable });
  expect(await verdict(tokenOf(0))).toEqual(allowed as never);
});

describe("a token is refused, and the log says why without it,", () => {
  const at = (seconds: number) => new Date(seconds * 1000).toISOString();
  const pem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();
  const rsaKeys = { keys: keySet([rsa.publicKey, { kid: "a" }]) };
  const notHs256 = "it is not signed by HS256";
  const notKeys = "it is not signed by RS256 or ES256";
  const noKey = "no key fits: its kid or its algorithm is another";
  const who = { audience: ["mqtt", "lab"], issuer: "https://id.example" };
  const right = { aud: "mqtt", iss: "https://id.example" };
  const cases: [string, object, Made, string][] = [
    ["of another secret", {}, { key: `${secret}x` }, "its signature is wrong"],
    [
      "of another key",
      rsaKeys,
      { alg: "RS256", key: otherRsa.privateKey, header: { kid: "a" } },
      "its signature is wrong",
    ],
    ["without a signature, where a secret is configured", {}, { alg: "none" }, notHs256],
    ["without a signature, where keys are configured", rsaKeys, { alg: "none" }, notKeys],
    ["with none in other letters", {}, { alg: "nOnE", key: secret }, notHs256],
    [
      "signed with the public key as a secret",
      rsaKeys,
      { alg: "HS256", key: pem, header: { kid: "a" } },
      notKeys,
    ],
    ["signed by an algorithm that is not allowed", {}, { alg: "HS512" }, notHs256],
    [
      "signed by another kind of key under the name of this one",
      rsaKeys,
      { alg: "ES256", key: ec.privateKey, header: { kid: "a" } },
      noKey,
    ],
    ["whose key nobody knows", rsaKeys, { alg: "RS256", key: rsa.privateKey, header: { kid: "b" } }, noKey],
    [
      "that brings its own key",
      rsaKeys,
      {
        alg: "RS256",
        key: otherRsa.privateKey,
        header: { kid: "a", jwk: otherRsa.publicKey.export({ format: "jwk" }) },
      },
      "its signature is wrong",
    ],
    ["that has expired", {}, { claims: { exp: start - 5 } }, `it expired at ${at(start - 5)}`],
    ["that never expires", {}, { claims: { exp: undefined } }, "it has no exp: it would never expire"],
    ["whose end is text", {}, { claims: { exp: "tomorrow" } }, "its claim exp is wrong"],
    ["that is not valid yet", {}, { claims: { nbf: start + 6 } }, `it is not valid before ${at(start + 6)}`],
    [
      "for another audience",
      who,
      { claims: { ...right, aud: "web" } },
      'it is for the audience "web", and not for "mqtt" or "lab"',
    ],
    ["for no audience", who, { claims: { iss: right.iss } }, "its claim aud is missing"],
    [
      "of another issuer",
      who,
      { claims: { ...right, iss: "evil" } },
      'it comes from the issuer "evil", and not from "https://id.example"',
    ],
    ["without a name", {}, { claims: { sub: undefined } }, "its claim sub is missing"],
    ["whose name is a number", {}, { claims: { sub: 7 } }, "its claim sub is no user name"],
    ["whose name is empty", {}, { claims: { sub: "" } }, "its claim sub is no user name"],
    [
      "whose name has a control character",
      {},
      { claims: { sub: "a\u{1b}[2J" } },
      "its claim sub is no user name",
    ],
    ["whose groups are a text", {}, { claims: { groups: "dosen" } }, "its claim groups is wrong: "],
    [
      "with a rule for somebody else",
      {},
      { claims: { rules: [{ user: "x", publish: "a" }] } },
      "its claim rules.0 is wrong: ",
    ],
    [
      "with a wrong filter",
      {},
      { claims: { rules: [{ publish: "a/#/b" }] } },
      "its claim rules.0.publish is wrong: ",
    ],
    [
      "whose header has to be understood",
      {},
      { header: { crit: ["exp2"], exp2: 1 } },
      "it asks for what is not supported here",
    ],
  ];
  test.each(cases)("%s", async (_, jwt, made, why) => {
    const { verdict, checker, fake } = checkerWith(jwt);
    const token = tokenWith(made);
    const answer = await verdict(token, { username: undefined });
    const isForged = /^it is (not signed|no valid)|^it asks|^no key|signature/.test(why);
    expect(answer.reason).toBe(isForged ? Reason.BadUserNameOrPassword : Reason.NotAuthorized);
    expect(Reflect.get(answer, "message")).toStartWith(`the token is refused: ${why}`);
    expect(fake.lines).toHaveLength(1);
    expect(fake.lines[0]).toStartWith(`info Refused the token of client "c" at 192.0.2.7:4711: ${why}`);
    for (const part of token.split(".")) if (part !== "") expect(fake.lines[0]).not.toContain(part);
    expect(fake.lines[0]).not.toMatch(/[\u{0}-\u{1f}]/u);
    expect(checker.stats()).toEqual({ auth_tokens_refused_total: 1 });
  });

  test.each([
    "",
    "a.b.c",
    "..",
    `${tokenWith()}.x`,
    tokenWith().slice(0, -4),
    "ÿ.ÿ.ÿ",
    `${"a".repeat(60_000)}.b.c`,
  ])("where it is none: %#", async (text) => {
    expect(await checkerWith({}).verdict(text)).toMatchObject({ reason: Reason.BadUserNameOrPassword });
  });

  test("within what the clocks may differ it counts, and its connection ends as late", async () => {
    const { verdict } = checkerWith({ clockTolerance: "1m", issuer: ["a", "b"], audience: "mqtt" });
    const claims = { exp: start - 59, nbf: start + 59, iss: "b", aud: ["web", "mqtt"] };
    expect(await verdict(tokenWith({ claims }))).toEqual({
      ...allowed,
      grant: { ...grant, until: (start + 1) * 1000 },
    } as never);
  });

  test("fills no log", async () => {
    const { verdict, checker, fake } = checkerWith({});
    for (let i = 0; i < 50; i++) await verdict("a.b.c");
    checker.stop();
    expect(fake.lines).toHaveLength(21);
  });
});

describe("keys under a URL", () => {
  const url = "https://id.example/keys?key=verborgen";
  const [first, second] = [keySet([rsa.publicKey, { kid: "1" }]), keySet([otherRsa.publicKey, { kid: "2" }])];
  const tokenOf = ({ privateKey }: { privateKey: KeyObject }, kid: string) =>
    tokenWith({ alg: "RS256", key: privateKey, header: { kid }, claims: { exp: start + 10 * 86_400 } });
  const [old, renewed] = [tokenOf(rsa, "1"), tokenOf(otherRsa, "2")];
  const unavailable = { reason: Reason.ServerUnavailable };

  const served = (answer = () => json(first)) => checkerWith({ jwks: url }, new FakeService(answer));

  test("are fetched once for all, and again when they are old", async () => {
    const { verdict, fake } = served();
    const answers = await Promise.all([verdict(old), verdict(old), verdict(old)]);
    for (const answer of answers) expect(answer.reason).toBe(0);
    expect(fake.asked).toHaveLength(1);
    fake.time += 10 * 60_000;
    await verdict(old);
    expect(fake.asked).toHaveLength(1);
    fake.time++;
    await verdict(old);
    expect(fake.asked).toHaveLength(2);
  });

  test("are fetched for a key that is unknown, every 30 seconds at most", async () => {
    const { verdict, fake } = served();
    expect((await verdict(old)).reason).toBe(0);
    fake.answer = () => json(second);
    // Too soon: who makes up names of keys would have them fetched each time.
    expect(await verdict(renewed)).toMatchObject({ reason: Reason.BadUserNameOrPassword });
    expect(fake.asked).toHaveLength(1);
    fake.time += 30_000;
    expect((await verdict(renewed)).reason).toBe(0);
    expect(await verdict(old)).toMatchObject({ reason: Reason.BadUserNameOrPassword });
    expect(await verdict(tokenOf(rsa, "3"))).toMatchObject({ reason: Reason.BadUserNameOrPassword });
    expect(fake.asked).toHaveLength(2);
  });

  test("are not fetched for a token whose algorithm is not allowed", async () => {
    const { verdict, fake } = served();
    await verdict(old);
    fake.time += 60_000;
    await verdict(tokenWith({ alg: "HS256", header: { kid: "9" } }));
    await verdict(tokenWith({ alg: "none", header: { kid: "9" } }));
    expect(fake.asked).toHaveLength(1);
  });

  test("that cannot be fetched still count for a day; the problem is told until they come again", async () => {
    const { verdict, checker, fake } = served();
    await verdict(old);
    fake.answer = () => Promise.reject(Object.assign(new Error(""), { code: "ECONNREFUSED" }));
    fake.time += 24 * 3_600_000;
    expect((await verdict(old)).reason).toBe(0);
    expect(fake.lines).toEqual([
      "warning Cannot fetch the keys of tokens from https://id.example/keys: Cannot connect to id.example:443: connection refused; the keys that it gave last still count",
    ]);
    expect(checker.problems()).toMatchObject([
      { code: "mqtt-auth-keys", values: { whom: "https://id.example/keys", count: 1 } },
    ]);
    fake.time += 30_000;
    expect(await verdict(old)).toEqual(unavailable);
    expect(fake.lines.at(-1)).toEndWith("; tokens are refused");
    fake.answer = () => json(first);
    fake.time += 30_000;
    expect((await verdict(old)).reason).toBe(0);
    expect(checker.problems()).toEqual([]);
    expect(checker.stats()).toEqual({ auth_tokens_refused_total: 0, auth_key_failures_total: 2 });
  });

  const nonsense: [string, () => Response, string][] = [
    ["no JSON", () => new Response("x"), "its answer is no JSON"],
    ["no set", () => json([]), 'must be a JSON Web Key Set: { "keys": [...] }'],
    ["nothing to check with", () => json({ keys: [{ kty: "oct", k: "AAAA" }] }), "has no public key"],
    [
      "a private key",
      () => json({ keys: [rsa.privateKey.export({ format: "jwk" })] }),
      "its key 1 is a private one",
    ],
    ["another status", () => json(first, 500), "it answers with the status 500"],
    ["too much", () => new Response(" ".repeat(256 * 1024 + 1)), "its answer has more than"],
  ];
  test.each(nonsense)(
    "of which there are none, because the answer is %s: clients hear 0x88",
    async (_, answer, why) => {
      const { verdict, fake } = served(answer);
      expect(await verdict(old)).toEqual(unavailable);
      expect(await verdict(old)).toEqual(unavailable);
      expect(fake.lines).toHaveLength(1);
      expect(fake.lines[0]).toContain(why);
      expect(fake.lines[0]).not.toContain("verborgen");
      // Without any keys it is tried again soon.
      fake.answer = () => json(first);
      fake.time += 1000;
      expect((await verdict(old)).reason).toBe(0);
    },
  );
});
