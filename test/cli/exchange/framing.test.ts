import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { affixesOf, prefixed, repeats } from "../../../src/cli/exchange/framing.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What a server sends back that got `sent` in pieces, ending at these places. */
function replyInPieces(sent: Uint8Array, cuts: readonly number[], before: string, after = ""): Uint8Array {
  const ends = [...new Set(cuts.map((cut) => cut % sent.length))]
    .filter((cut) => cut > 0)
    .sort((a, b) => a - b);
  const pieces = [0, ...ends].map((start, index) => sent.subarray(start, ends[index] ?? sent.length));
  return Buffer.concat(pieces.flatMap((piece) => [bytesOf(before), piece, bytesOf(after)]));
}

test("what stands around the request in its reply is known only when the request is there once", () => {
  const affixes = (reply: string, sent: string) => {
    const found = affixesOf(bytesOf(reply), bytesOf(sent));
    return found && [found.prefix, found.suffix].map((bytes) => new TextDecoder().decode(bytes));
  };
  expect(affixes("got halo, thanks", "halo")).toEqual(["got ", ", thanks"]);
  expect(affixes("halo", "halo")).toEqual(["", ""]);
  expect(affixes("echo: o", "o")).toBeUndefined();
  expect(affixes("aaa", "aa")).toBeUndefined();
  expect(affixes("what?", "halo")).toBeUndefined();
});

describe("a reply whose prefix stands before each piece of the request", () => {
  const { replyLength } = prefixed(["Echo: ", ""]);
  // Texts of what looks like the beginning or the end of a prefix.
  const text = fc
    .array(fc.constantFrom("Echo:", "Ech", "E", "o: ", "x"), { minLength: 1, maxLength: 12 })
    .filter((words) => !words.join("").includes("Echo: "));

  test("is understood however the request was cut, and whatever it holds", () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(100), { maxLength: 4 }), (words, cuts) => {
        const sent = bytesOf(`${words.join("")}.`); // the end is like nothing before it
        const reply = replyInPieces(sent, cuts, "Echo: ");
        expect(replyLength(sent)(reply)).toBe(reply.length);
      }),
      { numRuns: 2000 },
    );
  });

  test("is understood with the prefix in the request itself", () => {
    const sent = bytesOf(`Echo: ${"a".repeat(50)}Echo: Echo: b`);
    const reply = replyInPieces(sent, [20, 40], "Echo: ");
    expect(replyLength(sent)(reply)).toBe(reply.length);
  });

  test("is not over before its last byte", () => {
    const sent = bytesOf("a".repeat(3000));
    const reply = replyInPieces(sent, [1000, 2000], "Echo: ");
    expect(replyLength(sent)(reply)).toBe(3018);
    for (const end of [5, 6, 1003, 1006, 1009, 3017]) {
      expect(replyLength(sent)(reply.subarray(0, end))).toBeUndefined();
    }
  });
});

describe("whether a reply repeats its request", () => {
  const long = bytesOf(Array.from({ length: 500 }, (_, i) => `${i} halo `).join(""));

  test("is seen also where a long one came back in pieces with any text between them", () => {
    expect(repeats(replyInPieces(long, [1300, 2600], "Hai ", " ok"), long)).toBe(true);
    expect(repeats(bytesOf("You said halo!"), bytesOf("halo"))).toBe(true);
  });

  test("is denied where a part is missing or changed, or there is only something like it", () => {
    const reply = replyInPieces(long, [1300, 2600], "Hai ", " ok");
    expect(repeats(reply.subarray(0, -200), long)).toBe(false);
    expect(repeats(Buffer.from(reply).fill("?", 2000, 2010), long)).toBe(false);
    expect(repeats(bytesOf("Invalid request"), bytesOf("halo"))).toBe(false);
    expect(repeats(bytesOf("ha lo"), bytesOf("halo"))).toBe(false);
  });
});
