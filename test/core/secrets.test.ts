import { expect, test } from "bun:test";
import { z } from "zod";
import { maskPaths, maskSecrets } from "../../src/core/secrets.ts";

const secret = () => z.string().meta({ secret: true });

test("a secret is masked wherever it lies, and nothing else is touched", () => {
  const schema = z.strictObject({
    port: z.int().default(1),
    token: secret().optional(),
    described: secret().describe("after the mark"),
    absent: secret().optional(),
    users: z.array(z.strictObject({ name: z.string(), password: secret().nullable() })).default([]),
    byName: z.record(z.string(), z.object({ key: secret() })),
    either: z.union([z.literal(false), z.object({ pin: secret() })]),
    changed: secret().transform((text) => text.length),
    whole: z.array(z.string()).meta({ secret: true }),
    pair: z.tuple([z.string(), secret()]),
  });
  const value = {
    port: 1,
    token: "s1",
    described: "s2",
    users: [
      { name: "a", password: "s3" },
      { name: "b", password: null },
    ],
    byName: { x: { key: "s4" } },
    either: { pin: "s5" },
    changed: 6,
    whole: ["s6"],
    pair: ["left", "s7"],
  };
  expect(maskSecrets(schema, value)).toEqual({
    port: 1,
    token: "***",
    described: "***",
    users: [
      { name: "a", password: "***" },
      { name: "b", password: null },
    ],
    byName: { x: { key: "***" } },
    either: { pin: "***" },
    changed: "***",
    whole: "***",
    pair: ["left", "***"],
  });
  expect(value.token).toBe("s1");
});

test("what is no secret stays as it is, false in a union too", () => {
  const schema = z.union([z.literal(false), z.object({ pin: secret() })]);
  expect(maskSecrets(schema, false)).toBe(false);
});

test("values at given paths are masked, and so is what has become of lists and maps above them", () => {
  const value = { port: 1, users: [{ name: "a" }, { name: "b" }], list: "was a list", absent: undefined };
  const paths = [["port"], ["users", "1", "name"], ["list", 0], ["absent", "x"], ["nowhere", "x"]];
  expect(maskPaths(value, paths)).toEqual({
    port: "***",
    users: [{ name: "a" }, { name: "***" }],
    list: "***",
    absent: undefined,
  });
  expect(maskPaths(value, [["users"]])).toMatchObject({ port: 1, users: "***" });
  expect(maskPaths(value, [])).toBe(value);
});
