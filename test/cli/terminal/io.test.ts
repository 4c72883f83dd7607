import { expect, test } from "bun:test";
import { linesOf } from "../../../src/cli/terminal/io.ts";

async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

test("lines are cut at either line end, wherever the chunks are, and the last needs none", async () => {
  const euro = Buffer.from("é");
  const source = chunks("sa", "tu\r", "\n", "dua\n\n", euro.subarray(0, 1), euro.subarray(1));
  expect(await Array.fromAsync(linesOf(source))).toEqual(["satu", "dua", "", "é"]);
});
