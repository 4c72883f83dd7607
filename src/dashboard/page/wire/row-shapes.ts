import { connectionLabel, gapLabel, messageLabel } from "./labels.ts";
import { othersLabel } from "./lanes.ts";
import { type Column, columnOf, type Layout, serviceColumn } from "./layout.ts";
import type { EventRow, Row } from "./rows.ts";
import { type Shape, sizes } from "./shapes.ts";
import { fit, fitPeer, textWidth } from "./text-width.ts";
import { threadOf } from "./thread-of.ts";
import { withoutThread } from "./threads.ts";

export const headHeight = 44;
/** The gap between the tip of an arrow and the line it points at. */
const headGap = 1.5;

/** The colour of a service, as an index of the palette. */
export type ToneOf = (service: string) => number;

/** The shapes of one row whose upper edge is at `y`. */
export function rowShapes(row: Row, y: number, layout: Layout, toneOf: ToneOf): Shape[] {
  if (row.is === "gap") return gapShapes(gapLabel(row), y, layout);
  const { event, peer } = row;
  const client = columnOf(layout, peer);
  const service = serviceColumn(layout, event.service, threadOf(event));
  if (client === undefined || service === undefined) return [];
  const tone = toneOf(event.service);
  const time: Shape[] =
    layout.left === 0
      ? []
      : [
          {
            is: "text",
            look: "time",
            x: layout.left - 12,
            y: y + layout.row.arrow + (layout.row.hasWords ? 3 : 4),
            text: layout.timeOf(row),
            anchor: "end",
          },
        ];
  const shared = client.lane === othersLabel;
  // Whose turn it is on a lane of several, unless `open` says so.
  const announced = row.joins && !shared && event.kind === "message";
  return [
    ...time,
    ...eventShapes(row, y, client.x, service, layout, tone, shared),
    ...(announced ? pill(peer.label, client.x, y, layout, tone) : []),
  ];
}

function eventShapes(
  row: EventRow,
  y: number,
  client: number,
  { x: service, thread }: Column,
  layout: Layout,
  tone: number,
  isShared: boolean,
): Shape[] {
  const { event, peer } = row;
  const isNamed = isShared || peer.label === othersLabel;
  const line = y + layout.row.arrow;
  // On a line that many share each label says whose it is.
  const name = peer.label === othersLabel ? event.remote : peer.label;
  const of = (words: string) => (isNamed ? `${name}: ${words}` : words);
  switch (event.kind) {
    case "open": {
      const besidePill = client + Math.sign(service - client) * (layout.step / 2);
      // At the edge the label would cover the pill, which says the same.
      const hasRoom = isVisible(besidePill, layout) || !isVisible(client, layout);
      return [
        { is: "line", look: "dotted", tone, x1: client, y1: line, x2: service, y2: line },
        { is: "dot", look: "ring", tone, x: service, y: line, r: 3.5 },
        ...(hasRoom ? caption(connectionLabel(event), y, besidePill, service, layout, "label-soft") : []),
        ...pill(isNamed ? event.remote : peer.label, client, y, layout, tone),
      ];
    }
    case "close":
      return [
        { is: "line", look: "dotted", tone, x1: client, y1: line, x2: service, y2: line },
        ...caption(of(connectionLabel(event)), y, client, service, layout, "label-soft"),
        {
          is: "path",
          look: "cross",
          tone,
          d: `M${client - 5} ${line - 5}l10 10M${client + 5} ${line - 5}l-10 10`,
        },
      ];
    default: {
      const [from, to] = event.direction === "out" ? [service, client] : [client, service];
      const label = messageLabel(event);
      const words = of(thread === undefined ? label : withoutThread(label));
      return [
        ...(event.kind === "segment" ? segmentArrow : arrow)(from, to, line, tone),
        ...caption(words, y, client, service, layout, event.kind === "message" ? "label" : "label-soft"),
      ];
    }
  }
}

const isVisible = (x: number, { visible }: Layout) => x >= visible.from && x <= visible.to;

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

/** Of TCP itself: thin, dashed and open, so that the messages stand out. */
function segmentArrow(from: number, to: number, y: number, tone: number): Shape[] {
  const way = Math.sign(to - from);
  const tip = to - way * headGap;
  return [
    { is: "line", look: "segment", tone, x1: from, y1: y, x2: tip, y2: y },
    {
      is: "path",
      look: "segment-head",
      tone,
      d: `M${tip - way * 7} ${y - 4}L${tip} ${y}L${tip - way * 7} ${y + 4}`,
    },
  ];
}

/**
 * The label above an arrow, centred on it; it may be longer than the arrow. When the arrow is outside of the visible
 * part, the label is at the edge, with a sign that points to the arrow.
 */
function caption(
  words: string,
  y: number,
  a: number,
  b: number,
  layout: Layout,
  look: "label" | "label-soft",
): Shape[] {
  const { baseline, hasWords } = layout.row;
  if (!hasWords) return [];
  const size = look === "label" ? sizes.label : sizes.soft;
  const first = Math.max(layout.left, layout.visible.from) + 4;
  const last = Math.min(layout.width, layout.visible.to) - 8;
  const [before, after] = [Math.max(a, b) < first ? "‹ " : "", Math.min(a, b) > last ? " ›" : ""];
  const signs = textWidth(before + after, size);
  const text = before + fit(words, size, last - first - signs) + after;
  const width = textWidth(text, size);
  const middle = Math.min(Math.max((a + b) / 2, first + width / 2), last - width / 2);
  return [
    { is: "box", look: "halo", x: middle - width / 2 - 3, y: y + baseline - 12, w: width + 6, h: 15, r: 3 },
    { is: "text", look, x: middle, y: y + baseline, text, anchor: "middle" },
  ];
}

/** Who begins to speak on a lane, in the middle of a row. */
function pill(label: string, x: number, y: number, { row, step }: Layout, tone: number): Shape[] {
  if (!row.hasWords) return [];
  const line = y + row.arrow;
  const text = fitPeer(label, sizes.pill, step - 22);
  const w = textWidth(text, sizes.pill) + 16;
  const h = Math.min(20, row.height - 8);
  return [
    { is: "box", look: "client-box", tone, x: x - w / 2, y: line - h / 2, w, h, r: h / 2 },
    { is: "text", look: "client-name", x, y: line + 4, text, anchor: "middle" },
  ];
}

function gapShapes(words: string, y: number, layout: Layout): Shape[] {
  const text = fit(words, sizes.soft, layout.width - layout.left - 20);
  const width = textWidth(text, sizes.soft) + 20;
  const middle = (layout.left + layout.width) / 2;
  const line = y + layout.row.height / 2;
  return [
    { is: "line", look: "gap-line", x1: layout.left, y1: line, x2: middle - width / 2, y2: line },
    { is: "line", look: "gap-line", x1: middle + width / 2, y1: line, x2: layout.width - 4, y2: line },
    { is: "text", look: "gap-text", x: middle, y: line + 4, text, anchor: "middle" },
  ];
}
