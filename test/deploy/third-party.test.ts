import { expect, test } from "bun:test";
import { thirdPartyText } from "../../scripts/third-party.ts";

test("every program that is inside is named with its licence, and the licence's text where the package has one", () => {
  const text = thirdPartyText();
  const isThere = (pattern: RegExp) => ({ pattern, isThere: pattern.test(text) });
  for (const inside of ["zod", "hono", "zeromq", "preact", "axios"]) {
    const pattern = new RegExp(`^${inside} \\d+\\.\\d+\\.\\d+: [A-Z]`, "m");
    expect(isThere(pattern)).toEqual({ pattern, isThere: true });
  }
  for (const pattern of [/MPL-2\.0/, /Permission is hereby granted/, /Apache License/])
    expect(isThere(pattern)).toEqual({ pattern, isThere: true });
  expect(isThere(/^typescript /m).isThere).toBe(false);
});
