import type { Occupant } from "./lanes.ts";
import type { Column, Layout } from "./layout.ts";
import { arrowLine, headHeight, type ToneOf } from "./row-shapes.ts";
import { type Shape, sizes } from "./shapes.ts";
import { fitPeer, textWidth } from "./text-width.ts";

/** The lines from top to bottom, behind the rows `first` to `last`; a peer's line is there while the peer is. */
export function lifelines(
  layout: Layout,
  first: number,
  last: number,
  y: (row: number) => number,
  toneOf: ToneOf,
): Shape[] {
  return layout.columns.flatMap(({ lane, service, x }): Shape[] => {
    const tone = toneOf(service);
    if (lane === undefined)
      return [{ is: "line", look: "life-service", tone, x1: x, y1: y(first), x2: x, y2: y(last + 1) }];
    const top = (occupant: Occupant) =>
      occupant.from < first || isThereBefore(lane.occupants, occupant)
        ? y(first)
        : y(occupant.from) + arrowLine;
    const seen = lane.occupants.filter(({ from, to }) => from <= last && (to === undefined || to >= first));
    return seen.map((occupant) => ({
      is: "line",
      look: "life",
      x1: x,
      y1: top(occupant),
      x2: x,
      y2: occupant.to === undefined || occupant.to > last ? y(last + 1) : y(occupant.to) + arrowLine,
    }));
  });
}

/** The first on its lane, without an opening: nobody knows since when. */
function isThereBefore(occupants: readonly Occupant[], occupant: Occupant): boolean {
  return occupant === occupants[0] && !occupant.isNew;
}

/** The boxes above the lines: who is there at this row, or comes first after it. */
export function headShapes(layout: Layout, row: number, toneOf: ToneOf): Shape[] {
  return layout.columns.flatMap((column): Shape[] => {
    const isService = column.lane === undefined;
    const size = isService ? sizes.name : sizes.pill;
    const label = fitPeer(headLabel(column, row), size, layout.step - 22);
    const w = Math.min(layout.step - 6, Math.max(60, textWidth(label, size) + 24));
    const tone = toneOf(column.service);
    return [
      ...stub(column, row, tone),
      {
        is: "box",
        look: isService ? "service-box" : "client-box",
        tone,
        x: column.x - w / 2,
        y: 8,
        w,
        h: 28,
        r: isService ? 6 : 14,
      },
      {
        is: "text",
        look: isService ? "service-name" : "client-name",
        x: column.x,
        y: 26.5,
        text: label,
        anchor: "middle",
      },
    ];
  });
}

/** The beginning of a line that runs on below the box. */
function stub({ lane, x }: Column, row: number, tone: number): Shape[] {
  const line = { is: "line", x1: x, y1: 30, x2: x, y2: headHeight } as const;
  if (lane === undefined) return [{ ...line, look: "life-service", tone }];
  const isThere = lane.occupants.some((occupant) => {
    const { from, to } = occupant;
    return (from < row || isThereBefore(lane.occupants, occupant)) && (to === undefined || to >= row);
  });
  return isThere ? [{ ...line, look: "life" }] : [];
}

export function headLabel({ lane, service }: Column, row: number): string {
  return lane === undefined ? service : (occupantAt(lane.occupants, row)?.label ?? "");
}

function occupantAt(occupants: readonly Occupant[], row: number): Occupant | undefined {
  return occupants.find(({ to }) => to === undefined || to >= row) ?? occupants.at(-1);
}
