import { type Lane, type LaneAllocator, maxLanes, othersLabel, type Peer } from "./lanes.ts";
import { type RowSize, rowSize, usualHeight } from "./row-size.ts";
import type { Row } from "./rows.ts";
import { threadsIn } from "./threads.ts";
import { type TimeOf, timeIn } from "./times.ts";

/** A vertical line of the diagram. */
export interface Column {
  readonly service: string;
  /** The service itself, a lane of its peers, or all lanes of the service that have no column of their own. */
  readonly lane: Lane | "service" | typeof othersLabel;
  /** Of a service that has threads: the one that this is. */
  readonly thread?: number | undefined;
  readonly x: number;
}

export interface Layout {
  readonly columns: readonly Column[];
  readonly width: number;
  /** The x where the times end and the lanes begin. */
  readonly left: number;
  /** The distance between two columns. */
  readonly step: number;
  readonly row: RowSize;
  readonly timeOf: TimeOf;
  /** The visible part of the width. Labels stay in it, wherever their arrows are. */
  readonly visible: { readonly from: number; readonly to: number };
}

export interface LayoutOptions {
  /** The available width. */
  readonly width: number;
  readonly left: number;
  readonly minStep: number;
  readonly maxStep: number;
  readonly rowHeight?: number;
  /** Absent: the time of day. */
  readonly timeOf?: TimeOf;
}

/** The lanes of each service. */
export type LaneBook = Pick<LaneAllocator, "lanes">;

/** The lanes of each service that get columns of their own, and the services whose other lanes share one. */
export interface Choice {
  readonly lanes: ReadonlySet<Lane>;
  readonly withOthers: ReadonlySet<string>;
  /** A service that has threads has a column for each one that serves. */
  readonly threads: ReadonlyMap<string, readonly number[]>;
  /** All lanes that talk, whether in a column of their own or not. */
  readonly talking: number;
}

/**
 * Places peers on both sides of their service in turn, so that arrows are short and none crosses another service.
 * @param choice absent: all lanes
 */
export function layOut(
  services: readonly string[],
  book: LaneBook,
  options: LayoutOptions,
  choice?: Choice,
): Layout {
  const { width, left, minStep, maxStep, rowHeight = usualHeight } = options;
  const { timeOf = timeIn("clock", [], 0) } = options;
  const order = services.flatMap((service) => {
    const lanes = book.lanes(service).filter((lane) => choice === undefined || choice.lanes.has(lane));
    const threads = choice?.threads.get(service) ?? [undefined];
    return around(service, lanes, threads, choice?.withOthers.has(service) === true);
  });
  const count = Math.max(1, order.length);
  const step = Math.min(maxStep, Math.max(minStep, (width - left) / count));
  const columns = order.map((column, index) => ({ ...column, x: Math.round(left + step * (index + 0.5)) }));
  const whole = Math.max(width, Math.round(left + step * count));
  const visible = { from: 0, to: whole };
  return { columns, width: whole, left, step, row: rowSize(rowHeight), timeOf, visible };
}

/** The services of the rows in the given order; services that are not in `order` come last. */
export function servicesOf(rows: readonly Row[], order: readonly string[]): string[] {
  const present = new Set(rows.map((row) => (row.is === "gap" ? undefined : row.event.service)));
  const known = order.filter((name) => present.delete(name));
  return [...known, ...[...present].filter((name) => name !== undefined)];
}

/** Where the arrows of a peer begin and end. */
export function columnOf({ columns }: Layout, { lane }: Pick<Peer, "lane">): Column | undefined {
  return (
    columns.find((column) => column.lane === lane) ??
    columns.find((column) => column.lane === othersLabel && column.service === lane.service)
  );
}

/** @param thread the one that serves, if the service has any */
export function serviceColumn(
  { columns }: Layout,
  service: string,
  thread: number | undefined,
): Column | undefined {
  const own = columns.filter((column) => column.lane === "service" && column.service === service);
  return own.find((column) => column.thread === thread) ?? own[0];
}

/**
 * Chooses the lanes that talk in these rows. Where there are too many, those with most rows have columns of their own,
 * and the others of a service share one. What had a column before keeps it while that is fair.
 * @param room how many columns there may be
 */
export function chooseLanes(
  rows: readonly Row[],
  services: readonly string[],
  room: number,
  before: ReadonlySet<Lane>,
): Choice {
  const talk = new Map<Lane, number>();
  for (const row of rows) if (row.is === "event") talk.set(row.peer.lane, (talk.get(row.peer.lane) ?? 0) + 1);
  const weight = (lane: Lane) => (talk.get(lane) ?? 0) * (before.has(lane) ? 2 : 1);
  const ranked = [...talk.keys()].sort((one, other) => weight(other) - weight(one));
  const shares = new Map(services.map((name) => [name, new Share(ranked, name)]));
  const threads = threadsIn(rows);
  let used = 0;
  for (const service of services) used += threads.get(service)?.length ?? 1;
  for (const share of shares.values()) used += share.columns;
  for (const { service } of ranked) if (used < room) used += shares.get(service)?.widen() ?? 0;
  const chosen = [...shares.values()];
  return {
    lanes: new Set(chosen.flatMap(({ own }) => own)),
    withOthers: new Set(chosen.filter(({ hasOthers }) => hasOthers).map(({ service }) => service)),
    threads,
    talking: talk.size,
  };
}

const isOthers = ({ place }: Lane): boolean => place === maxLanes;

/** The columns of one service's peers: one, or as many more as there is room for. */
class Share {
  readonly service: string;
  /** Those that talk most first. */
  readonly #lanes: readonly Lane[];
  columns: number;

  constructor(ranked: readonly Lane[], service: string) {
    this.service = service;
    const all = ranked.filter((lane) => lane.service === service);
    // The lane of those beyond the most that there may be is never one peer's, so it comes last.
    this.#lanes = [...all.filter((lane) => !isOthers(lane)), ...all.filter(isOthers)];
    this.columns = Math.min(1, this.#lanes.length);
  }

  get hasOthers(): boolean {
    return this.columns < this.#lanes.length || this.#lanes.some(isOthers);
  }

  get own(): readonly Lane[] {
    return this.hasOthers ? this.#lanes.slice(0, this.columns - 1) : this.#lanes;
  }

  /** @returns how many columns it has got */
  widen(): number {
    if (this.columns >= this.#lanes.length) return 0;
    this.columns++;
    return 1;
  }
}

function around(
  service: string,
  lanes: readonly Lane[],
  threads: readonly (number | undefined)[],
  hasOthers: boolean,
): Omit<Column, "x">[] {
  const left = lanes.filter(({ place }) => place % 2 === 0).reverse();
  const right = lanes.filter(({ place }) => place % 2 === 1);
  const column = (lane: Column["lane"]) => ({ service, lane });
  const others = hasOthers ? [column(othersLabel)] : [];
  const own = threads.map((thread) => ({ ...column("service"), thread }));
  return [...others, ...left.map(column), ...own, ...right.map(column)];
}
