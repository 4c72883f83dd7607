import { expect, test } from "bun:test";
import { type LostCount, LostEvents } from "../../../src/server/admin/lost-events.ts";

test("lost events are summed up by service and kind, and sent as far as there is room", () => {
  const sent: LostCount[] = [];
  let room = 0;
  const lost = new LostEvents((count) => room-- > 0 && sent.push(count) > 0);
  lost.add("mqtt", "message", 2);
  lost.add("time", "message", 5);
  lost.add("mqtt", "message", 1);
  lost.flush();
  expect(sent).toEqual([]);
  room = 1;
  lost.flush();
  expect(sent).toEqual([{ service: "mqtt", kind: "message", count: 3 }]);
  expect(lost.isEmpty).toBe(false);
  room = 1;
  lost.flush();
  expect(sent.at(-1)).toEqual({ service: "time", kind: "message", count: 5 });
  expect(lost.isEmpty).toBe(true);
});
