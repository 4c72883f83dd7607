import { texts } from "../text/language.ts";
import { laneLabel, type Peer } from "./lanes.ts";
import type { Column, Layout } from "./layout.ts";
import { headHeight, type ToneOf } from "./row-shapes.ts";
import { type Shape, sizes } from "./shapes.ts";
import { fit, fitPeer, textWidth } from "./text-width.ts";
import { threadName } from "./threads.ts";

const words = texts({
  en: {
    idle: (count: number) => `+${count} idle`,
    others: "others",
  },
  id: {
    idle: (count) => `+${count} diam`,
    others: "lainnya",
  },
});

/** The vertical lines behind the rows `first` to `last`. A peer's line lasts as long as the peer is connected. */
export function lifelines(
  layout: Layout,
  first: number,
  last: number,
  y: (row: number) => number,
  toneOf: ToneOf,
): Shape[] {
  return layout.columns.flatMap(({ lane, service, x }): Shape[] => {
    const tone = toneOf(service);
    const whole = { is: "line", tone, x1: x, y1: y(first), x2: x, y2: y(last + 1) } as const;
    if (lane === "service") return [{ ...whole, look: "life-service" }];
    if (lane === "others") return [{ ...whole, look: "life" }];
    const top = (peer: Peer) =>
      peer.from < first || wasConnectedBefore(lane.peers, peer) ? y(first) : y(peer.from) + layout.row.arrow;
    const seen = lane.peers.filter(({ from, to }) => from <= last && (to === undefined || to >= first));
    const bottom = (row: number | undefined) =>
      row === undefined || row > last ? y(last + 1) : y(row) + layout.row.arrow;
    return seen.flatMap((peer) => {
      const served = Math.max(top(peer), servedFrom(peer, first, bottom) ?? top(peer));
      const line = { is: "line", x1: x, x2: x } as const;
      return [
        ...(served > top(peer) ? [{ ...line, look: "life-waits", y1: top(peer), y2: served } as const] : []),
        { ...line, look: "life", y1: served, y2: Math.max(served, bottom(peer.to)) } as const,
      ];
    });
  });
}

/** Where a peer that has waited for its turn begins to be served; undefined: it has not waited in these rows. */
function servedFrom(
  { waits, to }: Peer,
  first: number,
  bottom: (row: number | undefined) => number,
): number | undefined {
  if (waits === undefined) return undefined;
  const until = waits.until ?? to;
  return until !== undefined && until < first ? undefined : bottom(until);
}

/** The first peer on its lane, without an `open`: it was connected before the first row. */
function wasConnectedBefore(peers: readonly Peer[], peer: Peer): boolean {
  return peer === peers[0] && !peer.isNew;
}

/** Above the times: how many lanes are folded away, because they say nothing in the rows around. */
export const foldedShapes = (layout: Layout, folded: number): Shape[] =>
  folded === 0
    ? []
    : [{ is: "text", look: "time", x: layout.left - 12, y: 38, text: words.idle(folded), anchor: "end" }];

/** The boxes above the lines: in one row, or where they are too wide for that in two. */
export function headShapes(layout: Layout, row: number, toneOf: ToneOf): Shape[] {
  const { columns, step } = layout;
  const isCrowded = columns.some((column) => headWidth(column) > step - 6);
  return columns.flatMap((column, index): Shape[] => {
    const tone = toneOf(column.service);
    const place = isCrowded ? rowPlaces[index % 2]! : wholePlace;
    const most = isCrowded ? Math.min(2 * step - 8, step - 4 + edgeDistance(column, layout)) : step - 6;
    return [...stub(column, row, tone, place), ...headBox(column, place, most, tone, layout)];
  });
}

/** The upper edge and the height of a head. */
interface HeadPlace {
  readonly y: number;
  readonly h: number;
}

const wholePlace: HeadPlace = { y: 8, h: 28 };
const rowPlaces: readonly HeadPlace[] = [
  { y: 23, h: 19 },
  { y: 2, h: 19 },
];

const headSize = ({ lane }: Column): number => (lane === "service" ? sizes.name : sizes.pill);

const headWidth = (column: Column): number => textWidth(headLabel(column), headSize(column)) + 24;

/** How far a head may reach out of its column: to the times at one side, to the edge at the other. */
const edgeDistance = ({ x }: Column, { left, width }: Layout): number => Math.min(x - left + 4, width - x);

function headBox(
  column: Column,
  { y, h }: HeadPlace,
  most: number,
  tone: number,
  { left, width }: Layout,
): Shape[] {
  const isService = column.lane === "service";
  const label = shortLabel(column, most - 12);
  const w = Math.min(most, Math.max(48, textWidth(label, headSize(column)) + 24));
  const x = Math.min(Math.max(column.x, left - 4 + w / 2), width - 1 - w / 2);
  const box = { is: "box", tone, x: x - w / 2, y, w, h } as const;
  const text = { is: "text", x, y: y + h / 2 + 4.5, text: label, anchor: "middle" } as const;
  return isService
    ? [
        { ...box, look: "service-box", r: 6 },
        { ...text, look: "service-name" },
      ]
    : [
        { ...box, look: "client-box", r: h / 2 },
        { ...text, look: "client-name" },
      ];
}

/** Of a thread its number has to stay. */
function shortLabel(column: Column, room: number): string {
  const size = headSize(column);
  const label = headLabel(column);
  if (column.thread === undefined || textWidth(label, size) <= room) return fitPeer(label, size, room);
  const number = ` · ${column.thread}`;
  return fit(column.service, size, room - textWidth(number, size)) + number;
}

/** The first part of the line below the box. */
function stub({ lane, x }: Column, row: number, tone: number, { y, h }: HeadPlace): Shape[] {
  const line = { is: "line", x1: x, y1: y + h, x2: x, y2: headHeight } as const;
  if (lane === "service") return [{ ...line, look: "life-service", tone }];
  if (lane === "others") return [{ ...line, look: "life" }];
  const isConnected = lane.peers.some((peer) => {
    const { from, to } = peer;
    return (from < row || wasConnectedBefore(lane.peers, peer)) && (to === undefined || to >= row);
  });
  return isConnected ? [{ ...line, look: "life" }] : [];
}

export function headLabel({ lane, service, thread }: Column): string {
  if (lane === "service") return threadName(service, thread);
  return lane === "others" ? words.others : laneLabel(lane);
}
