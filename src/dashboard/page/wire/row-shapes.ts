import { clock } from "../text/format.ts";
import { softWordsOf, wordsOf } from "./labels.ts";
import type { Layout } from "./layout.ts";
import type { Row } from "./rows.ts";
import { type Shape, sizes } from "./shapes.ts";
import { fit, fitPeer, textWidth } from "./text-width.ts";

export const rowHeight = 36;
export const headHeight = 44;
/** Within a row: where its words stand and where its arrow runs. */
const baseline = 15;
export const arrowLine = 24;
/** Between the end of an arrow and the line it points at. */
const headGap = 1.5;

/** The colour of a service, as its place in the palette. */
export type ToneOf = (service: string) => number;

/** The shapes of one row whose upper edge is at `y`. */
export function rowShapes(row: Row, y: number, layout: Layout, toneOf: ToneOf): Shape[] {
  if (row.is === "gap") return gapShapes(row.count, row.service, y, layout);
  const { event, occupant } = row;
  const client = layout.columns.find(({ lane }) => lane === occupant.lane);
  const service = layout.columns.find(
    (column) => column.lane === undefined && column.service === event.service,
  );
  if (client === undefined || service === undefined) return [];
  const tone = toneOf(event.service);
  if (row.is === "join") return pill(occupant.label, client.x, y, layout.step, tone);
  const time: Shape[] =
    layout.left === 0
      ? []
      : [
          {
            is: "text",
            look: "time",
            x: layout.left - 12,
            y: y + arrowLine + 3,
            text: timeIn(event.time, layout),
            anchor: "end",
          },
        ];
  return [...time, ...eventShapes(row, y, client.x, service.x, layout, tone)];
}

/** Narrow screens have room for seconds only. */
function timeIn(time: number, { left }: Layout): string {
  return left >= 90 ? clock(time) : clock(time).slice(6);
}

type EventRow = Extract<Row, { is: "event" }>;

function eventShapes(
  row: EventRow,
  y: number,
  client: number,
  service: number,
  layout: Layout,
  tone: number,
): Shape[] {
  const { event, occupant } = row;
  const line = y + arrowLine;
  switch (event.kind) {
    case "open": {
      const besidePill = client + Math.sign(service - client) * (layout.step / 2);
      // At the edge the words would stand on the pill, which says as much.
      const hasRoom = isSeen(besidePill, layout) || !isSeen(client, layout);
      return [
        { is: "line", look: "dotted", tone, x1: client, y1: line, x2: service, y2: line },
        { is: "dot", look: "ring", tone, x: service, y: line, r: 3.5 },
        ...(hasRoom ? caption(softWordsOf(event), y, besidePill, service, layout, "label-soft") : []),
        ...pill(occupant.label, client, y + 6, layout.step, tone),
      ];
    }
    case "close":
      return [
        { is: "line", look: "dotted", tone, x1: client, y1: line, x2: service, y2: line },
        ...caption(softWordsOf(event), y, client, service, layout, "label-soft"),
        {
          is: "path",
          look: "cross",
          tone,
          d: `M${client - 5} ${line - 5}l10 10M${client + 5} ${line - 5}l-10 10`,
        },
      ];
    default: {
      const [from, to] = event.direction === "out" ? [service, client] : [client, service];
      const words = occupant.label === "others" ? `${event.remote}: ${wordsOf(event)}` : wordsOf(event);
      return [
        ...arrow(from, to, line, tone),
        ...caption(words, y, client, service, layout, event.kind === "bytes" ? "label-soft" : "label"),
      ];
    }
  }
}

const isSeen = (x: number, { seen }: Layout) => x >= seen.from && x <= seen.to;

function arrow(from: number, to: number, y: number, tone: number): Shape[] {
  const way = Math.sign(to - from);
  const tip = to - way * headGap;
  return [
    { is: "line", look: "arrow", tone, x1: from, y1: y, x2: tip - way * 7, y2: y },
    { is: "dot", look: "head", tone, x: from, y, r: 2.6 },
    {
      is: "path",
      look: "head",
      tone,
      d: `M${tip} ${y}L${tip - way * 9} ${y - 4.5}L${tip - way * 7} ${y}L${tip - way * 9} ${y + 4.5}Z`,
    },
  ];
}

/**
 * Words above an arrow, centred on it; long ones may run past its ends, the row is theirs alone. Of an arrow that
 * is out of sight they stand at the edge, with a sign of where it is.
 */
function caption(
  words: string,
  y: number,
  a: number,
  b: number,
  layout: Layout,
  look: "label" | "label-soft",
): Shape[] {
  const size = look === "label" ? sizes.label : sizes.soft;
  const first = Math.max(layout.left, layout.seen.from) + 4;
  const last = Math.min(layout.width, layout.seen.to) - 8;
  const [before, after] = [Math.max(a, b) < first ? "‹ " : "", Math.min(a, b) > last ? " ›" : ""];
  const signs = textWidth(before + after, size);
  const text = before + fit(words, size, last - first - signs) + after;
  const width = textWidth(text, size);
  const middle = Math.min(Math.max((a + b) / 2, first + width / 2), last - width / 2);
  return [
    { is: "box", look: "halo", x: middle - width / 2 - 3, y: y + 3, w: width + 6, h: baseline, r: 3 },
    { is: "text", look, x: middle, y: y + baseline, text, anchor: "middle" },
  ];
}

function pill(label: string, x: number, y: number, step: number, tone: number): Shape[] {
  const text = fitPeer(label, sizes.pill, step - 22);
  const w = textWidth(text, sizes.pill) + 16;
  return [
    { is: "box", look: "client-box", tone, x: x - w / 2, y: y + 8, w, h: 20, r: 10 },
    { is: "text", look: "client-name", x, y: y + 22, text, anchor: "middle" },
  ];
}

function gapShapes(count: number, service: string, y: number, layout: Layout): Shape[] {
  const words = `${count.toLocaleString("en")} of ${service} left out`;
  const text = fit(words, sizes.soft, layout.width - layout.left - 20);
  const width = textWidth(text, sizes.soft) + 20;
  const middle = (layout.left + layout.width) / 2;
  const line = y + 18;
  return [
    { is: "line", look: "gap-line", x1: layout.left, y1: line, x2: middle - width / 2, y2: line },
    { is: "line", look: "gap-line", x1: middle + width / 2, y1: line, x2: layout.width - 4, y2: line },
    { is: "text", look: "gap-text", x: middle, y: line + 4, text, anchor: "middle" },
  ];
}
