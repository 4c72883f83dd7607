import { describe, expect, test } from "bun:test";
import { maskSecrets } from "../../../../src/core/secrets.ts";
import { unmetAccess } from "../../../../src/roles/mqtt/access-files.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import { authConfig, mistakesIn } from "../support/auth-kit.ts";

const http = "http://127.0.0.1:9/mqtt";
const secret = "0123456789abcdef0123456789abcdef";

describe("the settings of auth", () => {
  test("have defaults", () => {
    expect(authConfig({ http })).toEqual({
      http,
      timeout: 2000,
      maxQuestions: 16,
      cache: 30_000,
      staleIfError: 0,
      onFailure: "deny",
    });
    expect(authConfig({ jwt: { secret, issuer: "a" } }).jwt).toEqual({
      secret,
      issuer: ["a"],
      refresh: 600_000,
      usernameClaim: "sub",
      groupsClaim: "groups",
      rulesClaim: "rules",
      clockTolerance: 5000,
    });
  });

  const keys = { keys: "keys.pem" };
  const wrong: [string, object, string][] = [
    ["nobody who decides", {}, "auth: needs http: URL, or jwt: with keys, or both: who is to decide?"],
    ["no URL", { http: "auth.example" }, "auth.http: must be a URL such as https://auth.example/mqtt"],
    [
      "another protocol",
      { http: "ftp://auth.example" },
      "auth.http: must be a URL such as https://auth.example/mqtt",
    ],
    [
      "a password in the URL",
      { http: "https://a:verborgen@auth.example" },
      "auth.http: must be a URL such as https://auth.example/mqtt, without a user name and password in it",
    ],
    [
      "a header for nobody",
      { authorization: "x", jwt: keys },
      "auth.authorization: is of use with http: URL only",
    ],
    [
      "a header of two lines",
      { http, authorization: "x\r\nverborgen: y" },
      "auth.authorization: must be the value of an HTTP header: ASCII, not empty, without line ends",
    ],
    ["no key", { jwt: {} }, "auth.jwt: needs one of secret, keys and jwks, and has none of them"],
    [
      "two kinds of keys",
      { jwt: { secret, ...keys } },
      "auth.jwt: needs one of secret, keys and jwks, and has secret and keys",
    ],
    [
      "a short secret",
      { jwt: { secret: "verborgen" } },
      "auth.jwt.secret: must have at least 32 bytes, and has 9",
    ],
    [
      "a secret that is short for its algorithm",
      { jwt: { secret, algorithms: ["HS256", "HS512"] } },
      "auth.jwt.secret: must have at least 64 bytes, and has 32",
    ],
    [
      "an algorithm of keys with a secret",
      { jwt: { secret, algorithms: ["RS256"] } },
      "auth.jwt.algorithms.0: must be an algorithm for secret: HS256, HS384 or HS512",
    ],
    [
      "an algorithm of secrets with keys",
      { jwt: { ...keys, algorithms: ["ES256", "HS256"] } },
      "auth.jwt.algorithms.1: must be an algorithm for keys: RS256, ES256 and the like",
    ],
    ["URL of keys that is none", { jwt: { jwks: "keys.json" } }, "auth.jwt.jwks: must be a URL"],
  ];
  test.each(wrong)("say what is wrong with %s", (_, auth, message) => {
    const mistakes = mistakesIn({ auth });
    expect(mistakes).toHaveLength(1);
    expect(mistakes?.[0]).toStartWith(message);
    expect(mistakes?.[0]).not.toContain("verborgen");
  });

  test("wait for an answer no longer than a client is waited for", () => {
    const message = (limit: number) =>
      `auth.timeout: must be shorter than connectTimeout, which is ${limit} ms: by then the client is given up, and nobody hears why`;
    expect(mistakesIn({ auth: { http, timeout: "10s" } })).toEqual([message(10_000)]);
    expect(mistakesIn({ auth: { http, timeout: "10s" }, connectTimeout: "11s" })).toBeUndefined();
    expect(mistakesIn({ auth: { http }, listeners: [{ port: 1, connectTimeout: "1s" }] })).toEqual([
      message(1000),
    ]);
  });

  test("do not allow a token without a signature", () => {
    for (const source of [{ secret }, keys])
      expect(mistakesIn({ auth: { jwt: { ...source, algorithms: ["none"] } } })?.[0]).toStartWith(
        "auth.jwt.algorithms.0: ",
      );
  });

  test("say whether everybody may come", () => {
    const isClosed = (settings: object) => mqtt.knowsItsClients?.(mqttConfig.parse(settings));
    expect(isClosed({})).toBe(false);
    expect(isClosed({ auth: { http } })).toBe(true);
    expect(isClosed({ auth: { jwt: { secret } } })).toBe(true);
    expect(isClosed({ auth: { http }, anonymous: true })).toBe(false);
    expect(isClosed({ auth: { http, onFailure: "anonymous" } })).toBe(false);
  });

  test("show no secret", () => {
    const config = mqttConfig.parse({ auth: { http, authorization: "Bearer verborgen", jwt: { secret } } });
    const shown = JSON.stringify(maskSecrets(mqttConfig, config));
    expect(shown).toContain('"authorization":"***"');
    expect(shown).not.toMatch(/verborgen|0123456789/);
  });

  test("let rules name users and groups that no list has, and anonymous: false stand alone", () => {
    const access = [
      { user: "ani", publish: "a" },
      { group: "dosen", publish: "b" },
    ];
    const config = mqttConfig.parse({ auth: { http }, anonymous: false, access });
    expect([...unmetAccess(config)]).toEqual([]);
    expect([...unmetAccess(mqttConfig.parse({ access }))]).toHaveLength(2);
  });
});
