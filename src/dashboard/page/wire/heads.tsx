import { texts } from "../text/language.ts";
import type { LaneName } from "./filter.ts";
import type { Column, Layout } from "./layout.ts";
import { foldedShapes, headLabel, headShapes } from "./lifelines.ts";
import { headHeight, type ToneOf } from "./row-shapes.ts";
import { Shapes } from "./svg-shapes.tsx";
import { type TimeMode, timeModes } from "./times.ts";

const words = texts({
  en: {
    modes: "Times in the margin",
    clock: "Clock",
    start: "Since start",
    last: "Since last",
    onlyLane: (lane: string) => `Only lane ${lane}`,
    allLanes: "Show all lanes",
  },
  id: {
    modes: "Waktu di tepi",
    clock: "Jam",
    start: "Sejak awal",
    last: "Selisih",
    onlyLane: (lane) => `Hanya jalur ${lane}`,
    allLanes: "Tampilkan semua jalur",
  },
});

interface HeadsProps {
  readonly layout: Layout;
  /** The first visible row. */
  readonly row: number;
  /** How many lanes have no column. */
  readonly folded: number;
  readonly toneOf: ToneOf;
  readonly followed: LaneName | undefined;
  readonly onFollow: (lane: LaneName | undefined) => void;
  readonly timeMode: TimeMode;
  readonly onTimeMode: (mode: TimeMode) => void;
}

/** What the margin shows, and the names above the lanes. A click follows a lane, another one shows all of them again. */
export function Heads({ layout, row, folded, toneOf, followed, onFollow, timeMode, onTimeMode }: HeadsProps) {
  return (
    <div class="wire-head" style={{ width: `${layout.width}px`, height: `${headHeight}px` }}>
      <svg width={layout.width} height={headHeight} aria-hidden="true">
        <Shapes shapes={[...foldedShapes(layout, folded), ...headShapes(layout, row, toneOf)]} />
      </svg>
      <select
        class="time-mode"
        style={{ width: `${layout.left - 8}px` }}
        aria-label={words.modes}
        value={timeMode}
        onChange={(event) => onTimeMode(event.currentTarget.value as TimeMode)}
      >
        {timeModes.map((mode) => (
          <option key={mode} value={mode}>
            {words[mode]}
          </option>
        ))}
      </select>
      {layout.columns.map((column) => (
        <HeadButton
          key={`${column.service} ${headLabel(column)}`}
          column={column}
          step={layout.step}
          followed={followed}
          onFollow={onFollow}
        />
      ))}
    </div>
  );
}

interface HeadButtonProps {
  readonly column: Column;
  readonly step: number;
  readonly followed: LaneName | undefined;
  readonly onFollow: (lane: LaneName | undefined) => void;
}

function HeadButton({ column, step, followed, onFollow }: HeadButtonProps) {
  const { service, lane } = column;
  // That lane belongs to several peers.
  if (lane === "others") return null;
  const label = headLabel(column);
  const peer = lane === "service" ? "" : label;
  const { thread } = column;
  const isFollowed = service === followed?.service && peer === followed.peer && thread === followed.thread;
  return (
    <button
      type="button"
      class="head-button"
      style={{ left: `${column.x - step / 2}px`, width: `${step}px` }}
      aria-pressed={isFollowed}
      aria-label={words.onlyLane(label)}
      title={isFollowed ? words.allLanes : words.onlyLane(label)}
      onClick={() => onFollow(isFollowed ? undefined : { service, peer, thread })}
    />
  );
}
