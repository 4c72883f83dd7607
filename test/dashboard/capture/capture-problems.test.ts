import { expect, test } from "bun:test";
import type { CaptureProblem } from "../../../src/dashboard/capture/messages.ts";
import { language } from "../../../src/dashboard/page/text/language.ts";
import { problemSentence } from "../../../src/dashboard/page/wire/capture/capture-problems.ts";

const problems: readonly CaptureProblem[] = [
  { code: "empty" },
  { code: "no-capture", start: "3c68746d" },
  { code: "packed", by: "zstd" },
  { code: "too-large", limit: 4e9 },
  { code: "unreadable", reason: "NotReadableError" },
  { code: "no-reader" },
];

test("each problem of a file is a sentence in both languages, with its values", () => {
  const english = problems.map(problemSentence);
  language.set("id");
  try {
    const indonesian = problems.map(problemSentence);
    for (const [index, sentence] of english.entries()) expect(indonesian[index]).not.toBe(sentence);
    for (const [, noCapture, packed, tooLarge, unreadable] of [english, indonesian]) {
      expect(noCapture).toContain("3c68746d");
      expect(packed).toContain("zstd -d");
      expect(tooLarge).toContain("4 GB");
      expect(unreadable).toContain("NotReadableError");
    }
  } finally {
    language.set("en");
  }
});
