import { expect, test } from "bun:test";
import fc from "fast-check";
import { queryOperands, splitTarget } from "../../../src/roles/rest/target.ts";

test("the quick look at a query finds what URLSearchParams finds", () => {
  const piece = fc.constantFrom("a", "b", "=", "&", "1", "aa", "+", "%61", "%2B", ";", "a=5", "&b=");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const query = pieces.join("");
      const parameters = new URLSearchParams(query);
      expect(queryOperands(query)).toEqual({
        a: expected(parameters, "a", query),
        b: expected(parameters, "b", query),
      });
    }),
    { numRuns: 2000 },
  );
});

/** A name without its equals sign has the empty value there and none here: both are invalid input. */
function expected(parameters: URLSearchParams, name: string, query: string): string | undefined {
  if (/[%+]/.test(query)) return parameters.get(name) ?? undefined;
  const first = query.split("&").find((pair) => pair.startsWith(`${name}=`));
  return first === undefined ? undefined : (new URLSearchParams(first).get(name) ?? undefined);
}

test.each([
  ["/add?a=1&b=2", "/add", "a=1&b=2"],
  ["/add", "/add", ""],
  ["/", "/", ""],
  ["/add?a=?", "/add", "a=?"],
  ["/add?a=http://x/", "/add", "a=http://x/"],
  ["//add", "//add", ""],
])("%s goes to %s with %p", (url, path, query) => {
  expect(splitTarget(url)).toEqual({ path, query });
});

test.each([
  ["a=1.5e+17&b=1e-05", { a: "1.5e+17", b: "1e-05" }],
  ["a=1.5e%2B17&b=+7", { a: "1.5e+17", b: " 7" }],
])("a result pasted into a query is the operand that it was: %s", (query, operands) => {
  expect(queryOperands(query)).toEqual(operands);
});
