import { describe, expect, test } from "bun:test";
import { formatEventId, parseEventId } from "../../../src/server/admin/event-replay.ts";

describe("an event's id", () => {
  test("is read as it was written, also when the run's own name has a dash", () => {
    for (const id of [
      { run: "k3x9", seq: 1 },
      { run: "2026-11-21", seq: 987654321 },
    ]) {
      expect(parseEventId(formatEventId(id))).toEqual(id);
    }
  });

  test.each([undefined, "", "7", "-7", "run-", "run-x", "run-1234567890123456", `${"r".repeat(65)}-1`])(
    "%p is none",
    (text) => {
      expect(parseEventId(text)).toBeUndefined();
    },
  );
});
