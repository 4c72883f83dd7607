import { expect, test } from "bun:test";
import { maxEventLength, serverSentEvents } from "../../../src/cli/admin/server-sent-events.ts";
import { rejects } from "../../support/rejects.ts";

async function* chunks(...texts: readonly string[]) {
  for (const text of texts) yield new TextEncoder().encode(text);
}

const read = (...texts: readonly string[]) => Array.fromAsync(serverSentEvents(chunks(...texts)));

test("events come with their name, data and id, however they are cut", async () => {
  const whole = ": hi\n\nid: a-1\nevent: traffic\ndata: {\ndata:}\n\r\ndata: x\n\n";
  const expected = [
    undefined,
    { event: "traffic", data: "{\n}", id: "a-1" },
    { event: "message", data: "x", id: "a-1" },
  ];
  expect(await read(whole)).toEqual(expected);
  expect(await read(...whole)).toEqual(expected);
});

test("a line without end is given up", async () => {
  await rejects(read("data: ", "x".repeat(maxEventLength)), RangeError);
});

test("an event of lines without end is given up, even if they are empty", async () => {
  const lines = (line: string) => line.repeat(Math.ceil(1_000_000 / line.length));
  await rejects(read(...Array<string>(6).fill(lines("data: halo dunia\n"))), RangeError);
  await rejects(read(...Array<string>(6).fill(lines("data:\n"))), RangeError);
});
