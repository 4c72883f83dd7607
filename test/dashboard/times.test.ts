import { describe, expect, test } from "bun:test";
import { movedTo, rangeOf, rowsOf, spanOf } from "../../src/dashboard/page/wire/range.ts";
import { fitting, rowHeights, rowSize, zoomed } from "../../src/dashboard/page/wire/row-size.ts";
import { elapsed, type TimeMode, timeIn } from "../../src/dashboard/page/wire/times.ts";
import { visibleRows } from "../../src/dashboard/page/wire/visible-rows.ts";
import { event, feedOf } from "./events.ts";

const noon = new Date(2026, 10, 20, 12, 0, 0).getTime();
const { list } = feedOf([
  event("echo#1", { time: noon, text: "a" }),
  event("echo#1", { time: noon + 12, text: "b" }),
  event("echo#1", { time: noon + 70_012, text: "c" }),
]);
list.addGap({ service: "echo", kind: "message", count: 3 });
list.add(event("echo#1", { time: noon + 70_013, text: "d" }));
const { rows } = list;

describe("the times in the margin", () => {
  const shown = (mode: TimeMode) => {
    const timeOf = timeIn(mode, rows, list.start ?? 0);
    return rows.flatMap((row) => (row.is === "event" ? timeOf(row) : []));
  };

  test("are the time of day, the time since the first row, or since the row before", () => {
    expect(shown("clock")).toEqual(["12:00:00.000", "12:00:00.012", "12:01:10.012", "12:01:10.013"]);
    expect(shown("start")).toEqual(["+0.000 s", "+0.012 s", "+1:10.012", "+1:10.013"]);
    expect(shown("last")).toEqual(["+0.000 s", "+0.012 s", "+1:10.000", "+0.001 s"]);
  });

  test("since the start count from the first row that there was, also when it has been evicted", () => {
    const { list: short } = feedOf([]);
    for (let seconds = 0; seconds < 6000; seconds++) {
      short.add(event("echo#1", { time: noon + seconds * 1000 }));
    }
    const last = short.rows.at(-1);
    const timeOf = timeIn("start", short.rows, short.start ?? 0);
    expect(last?.is === "event" && timeOf(last)).toBe("+99:59.000");
  });

  test.each([
    [0.4, "+0.000 s"],
    [999.6, "+1.000 s"],
    [59_999.9, "+1:00.000"],
    [-3, "−0.003 s"],
  ])("%d ms are %s", (ms, text) => {
    expect(elapsed(ms)).toBe(text);
  });
});

describe("a range of time", () => {
  test("goes from one row to another, in either direction", () => {
    expect(rangeOf(rows, 2, 1)).toEqual({ from: noon + 12, to: noon + 70_012 });
    expect(rangeOf(rows, 3, 3)).toBeUndefined();
  });

  test("holds its rows and what lies between them", () => {
    const span = spanOf(rows, { from: noon + 12, to: noon + 70_013 });
    expect(span).toEqual({ first: 1, last: 4 });
    expect(rowsOf(rows, span!).map(({ is }) => is)).toEqual(["event", "event", "gap", "event"]);
    expect(spanOf(rows, { from: noon + 13, to: noon + 14 })).toBeUndefined();
  });

  test("begins as one row, and each of its ends can be moved", () => {
    const one = movedTo(rows, undefined, 1, "from");
    expect(one).toEqual({ from: noon + 12, to: noon + 12 });
    expect(movedTo(rows, one, 4, "to")).toEqual({ from: noon + 12, to: noon + 70_013 });
    expect(movedTo(rows, one, 0, "from")).toEqual({ from: noon, to: noon + 12 });
    expect(movedTo(rows, one, 4, "from")).toEqual({ from: noon + 70_013, to: noon + 70_013 });
    expect(movedTo(rows, one, 3, "to")).toEqual(one);
  });
});

describe("the spacing of the rows", () => {
  test("changes in steps between arrows alone and wide rows", () => {
    expect(zoomed(36, 1)).toBe(46);
    expect(zoomed(36, -1)).toBe(30);
    expect(zoomed(rowHeights[0], -1)).toBe(rowHeights[0]);
    expect(zoomed(60, 1)).toBe(60);
  });

  test("fits so many rows to a height, or comes as near as it can", () => {
    expect(fitting(10, 600)).toBe(60);
    expect(fitting(20, 600)).toBe(30);
    expect(fitting(1000, 600)).toBe(rowHeights[0]);
  });

  test.each(rowHeights.map((height) => [height]))("keeps label and arrow within a row of %d", (height) => {
    const { arrow, baseline, hasWords } = rowSize(height);
    expect(arrow).toBeLessThanOrEqual(height - 5);
    expect(hasWords ? baseline : 10).toBeGreaterThanOrEqual(10);
  });
});

test("of thousands of rows only those in view are drawn, and a few beyond", () => {
  const view = { top: 36_000, height: 744 };
  const { first, last } = visibleRows(5000, 36, view, false);
  expect(first).toBe(996);
  expect(last - first).toBeLessThan(744 / 36 + 12);
  expect(visibleRows(5000, 36, view, true).last).toBe(4999);
  expect(visibleRows(3, 36, view, true)).toMatchObject({ first: 0, last: 2, top: 0 });
});
