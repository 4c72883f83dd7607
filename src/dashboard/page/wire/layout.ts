import type { Lane, LaneAllocator } from "./lanes.ts";
import type { Row } from "./rows.ts";

/** A vertical line of the diagram: a service, or a lane of its peers. */
export interface Column {
  readonly service: string;
  /** Undefined for the service itself. */
  readonly lane: Lane | undefined;
  readonly x: number;
}

export interface Layout {
  readonly columns: readonly Column[];
  readonly width: number;
  /** The x where the times end and the lanes begin. */
  readonly left: number;
  /** The distance between two columns. */
  readonly step: number;
  /** The visible part of the width. Labels stay in it, wherever their arrows are. */
  readonly visible: { readonly from: number; readonly to: number };
}

export interface LayoutOptions {
  /** The available width. */
  readonly width: number;
  readonly left: number;
  readonly minStep: number;
  readonly maxStep: number;
}

/**
 * Places peers on both sides of their service in turn, so that arrows are short and none crosses another service.
 */
export function layOut(services: readonly string[], book: LaneAllocator, options: LayoutOptions): Layout {
  const { width, left, minStep, maxStep } = options;
  const order = services.flatMap((service) => around(service, book.lanes(service)));
  const count = Math.max(1, order.length);
  const step = Math.min(maxStep, Math.max(minStep, (width - left) / count));
  const columns = order.map((column, index) => ({ ...column, x: Math.round(left + step * (index + 0.5)) }));
  const whole = Math.max(width, Math.round(left + step * count));
  return { columns, width: whole, left, step, visible: { from: 0, to: whole } };
}

/** The services of the rows in the given order; services that are not in `order` come last. */
export function servicesOf(rows: readonly Row[], order: readonly string[]): string[] {
  const present = new Set(rows.map((row) => (row.is === "gap" ? undefined : row.event.service)));
  const known = order.filter((name) => present.delete(name));
  return [...known, ...[...present].filter((name) => name !== undefined)];
}

function around(service: string, lanes: readonly Lane[]): Omit<Column, "x">[] {
  const left = lanes.filter(({ place }) => place % 2 === 0).reverse();
  const right = lanes.filter(({ place }) => place % 2 === 1);
  const column = (lane: Lane | undefined) => ({ service, lane });
  return [...left.map(column), column(undefined), ...right.map(column)];
}
