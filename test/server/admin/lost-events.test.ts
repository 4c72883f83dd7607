import { expect, test } from "bun:test";
import { LeftOut, type LeftOutCount } from "../../../src/server/admin/lost-events.ts";

test("what is left out is summed up by service and kind, and told as far as there is room", () => {
  const told: LeftOutCount[] = [];
  let room = 0;
  const leftOut = new LeftOut((count) => room-- > 0 && told.push(count) > 0);
  leftOut.add("mqtt", "message", 2);
  leftOut.add("time", "message", 5);
  leftOut.add("mqtt", "message", 1);
  leftOut.tell();
  expect(told).toEqual([]);
  room = 1;
  leftOut.tell();
  expect(told).toEqual([{ service: "mqtt", kind: "message", count: 3 }]);
  expect(leftOut.isEmpty).toBe(false);
  room = 1;
  leftOut.tell();
  expect(told.at(-1)).toEqual({ service: "time", kind: "message", count: 5 });
  expect(leftOut.isEmpty).toBe(true);
});
