import { describe, expect, test } from "bun:test";
import { capacity } from "../../src/dashboard/page/wire/feed.ts";
import { FramePacer } from "../../src/dashboard/page/wire/frame-pacer.ts";
import { chooseLanes, layOut } from "../../src/dashboard/page/wire/layout.ts";
import { headShapes, lifelines } from "../../src/dashboard/page/wire/lifelines.ts";
import { rowShapes } from "../../src/dashboard/page/wire/row-shapes.ts";
import { visibleRows } from "../../src/dashboard/page/wire/visible-rows.ts";
import { echoConversation, event, feedOf } from "./events.ts";

describe("the work of one frame", () => {
  /** How many shapes are drawn at 1366 by 768, following the newest message. */
  const shapesFor = ({ list }: ReturnType<typeof feedOf>) => {
    const { rows, lanes } = list;
    const base = rows[0]?.no ?? 0;
    const { first, last } = visibleRows(rows.length, 36, { top: 0, height: 630 }, true);
    const near = rows.slice(first, last + 1);
    const services = ["mqtt", "echo"];
    const choice = chooseLanes(near, services, 16, new Set());
    const layout = layOut(services, lanes, { width: 1366, left: 104, minStep: 76, maxStep: 320 }, choice);
    return [
      ...lifelines(
        layout,
        base + first,
        base + last,
        (row) => row,
        () => 0,
      ),
      ...headShapes(layout, base + first, () => 0),
      ...near.flatMap((row) => rowShapes(row, 0, layout, () => 0)),
    ].length;
  };

  test("does not grow with the rows, the connections and the clients that are kept", () => {
    const few = feedOf(Array.from({ length: 20 }, (_, number) => echoConversation(number)).flat());
    const many = feedOf(
      Array.from({ length: capacity }, (_, number) => [
        ...echoConversation(number),
        event(`mqtt#${number % 500}`, { fields: { client: `sensor-${number % 500}` } }),
      ]).flat(),
    );
    expect(many.list.rows.length).toBeGreaterThanOrEqual(capacity);
    expect(shapesFor(few)).toBeLessThan(400);
    expect(shapesFor(many)).toBeLessThan(400);
  });
});

describe("the pace of rendering", () => {
  /** The frames that are rendered, when each of them takes so long. */
  const rendered = (frames: readonly number[], hasNews = true) => {
    const pacer = new FramePacer();
    let now = 1000;
    return frames.map((took) => {
      const renders = pacer.frame(now, hasNews);
      now += renders ? took : 16;
      return renders;
    });
  };

  test("is every other frame of sixty a second, and none without news", () => {
    expect(rendered([16, 16, 16, 16])).toEqual([true, false, true, false]);
    expect(rendered([16, 16], false)).toEqual([false, false]);
  });

  test("leaves half of the time to clicks and keys where frames are slow", () => {
    const slow = rendered(Array(12).fill(48));
    expect(slow.map((renders) => (renders ? "R" : "-")).join("")).toBe("R---R---R---");
  });

  test("goes on after a frame that took very long, such as one in a hidden tab", () => {
    const pacer = new FramePacer();
    expect(pacer.frame(0, true)).toBe(true);
    expect(pacer.frame(60_000, true)).toBe(false);
    expect(pacer.frame(60_250, true)).toBe(true);
  });
});
