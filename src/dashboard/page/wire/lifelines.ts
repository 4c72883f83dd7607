import { laneLabel, type Peer } from "./lanes.ts";
import type { Column, Layout } from "./layout.ts";
import { arrowLine, headHeight, type ToneOf } from "./row-shapes.ts";
import { type Shape, sizes } from "./shapes.ts";
import { fitPeer, textWidth } from "./text-width.ts";

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
      peer.from < first || wasConnectedBefore(lane.peers, peer) ? y(first) : y(peer.from) + arrowLine;
    const seen = lane.peers.filter(({ from, to }) => from <= last && (to === undefined || to >= first));
    return seen.map((peer) => ({
      is: "line",
      look: "life",
      x1: x,
      y1: top(peer),
      x2: x,
      y2: peer.to === undefined || peer.to > last ? y(last + 1) : y(peer.to) + arrowLine,
    }));
  });
}

/** The first peer on its lane, without an `open`: it was connected before the first row. */
function wasConnectedBefore(peers: readonly Peer[], peer: Peer): boolean {
  return peer === peers[0] && !peer.isNew;
}

/** In the corner: how many lanes are folded away, because they say nothing in the rows around. */
export const foldedShapes = (layout: Layout, folded: number): Shape[] =>
  folded === 0
    ? []
    : [{ is: "text", look: "time", x: layout.left - 12, y: 26.5, text: `+ ${folded} idle`, anchor: "end" }];

/** The boxes above the lines. */
export function headShapes(layout: Layout, row: number, toneOf: ToneOf): Shape[] {
  return layout.columns.flatMap((column): Shape[] => {
    const isService = column.lane === "service";
    const size = isService ? sizes.name : sizes.pill;
    const label = fitPeer(headLabel(column), size, layout.step - 22);
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

/** The first part of the line below the box. */
function stub({ lane, x }: Column, row: number, tone: number): Shape[] {
  const line = { is: "line", x1: x, y1: 30, x2: x, y2: headHeight } as const;
  if (lane === "service") return [{ ...line, look: "life-service", tone }];
  if (lane === "others") return [{ ...line, look: "life" }];
  const isConnected = lane.peers.some((peer) => {
    const { from, to } = peer;
    return (from < row || wasConnectedBefore(lane.peers, peer)) && (to === undefined || to >= row);
  });
  return isConnected ? [{ ...line, look: "life" }] : [];
}

export function headLabel({ lane, service }: Column): string {
  if (lane === "service") return service;
  return lane === "others" ? lane : laneLabel(lane);
}
