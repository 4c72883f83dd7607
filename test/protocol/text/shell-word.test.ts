import { expect, test } from "bun:test";
import { shellWord } from "../../../src/protocol/text/shell-word.ts";

test.each([
  ["lab.pcapng", "lab.pcapng"],
  ["/tmp/lab-1.pcapng", "/tmp/lab-1.pcapng"],
  ["minggu 3.pcapng", "'minggu 3.pcapng'"],
  ["it's", "'it'\\''s'"],
  ["$(date)", "'$(date)'"],
  ["", "''"],
])("%j is the word %s", (text, word) => {
  expect(shellWord(text)).toBe(word);
});

test.skipIf(process.platform === "win32")("a shell takes each word as the text that it was", () => {
  const texts = ["a b", "it's", '$HOME `id` \\ "x" *', "", "é\nü"];
  const { stdout } = Bun.spawnSync(["sh", "-c", `printf '%s\\0' ${texts.map(shellWord).join(" ")}`]);
  expect(stdout.toString().split("\0").slice(0, -1)).toEqual(texts);
});
