import { topicFilterMistake } from "../../../protocol/mqtt/topic.ts";

type Query = Readonly<Record<string, string>>;

/** What a view is asked for. */
export interface Page {
  /** The answer has at most so many rows. */
  readonly limit: number;
  /** A topic filter. */
  readonly filter: string | undefined;
  /** What client identifiers begin with. */
  readonly client: string;
  /** What a row has to contain, in lower case. */
  readonly search: string;
  /** The column to sort by; one that begins with "-" sorts from the largest down. */
  readonly sort: string | undefined;
  /** A topic's name. */
  readonly topic: string | undefined;
}

type Key = keyof Page;

const defaultLimit = 200;
const maxLimit = 2000;

/** @throws {Error} naming what is wrong with the query of a view that understands these keys */
export function readViewQuery(query: Query, ...keys: readonly Key[]): Page {
  for (const key of Object.keys(query)) {
    if (!keys.some((known) => known === key)) {
      throw new Error(`there is no "${key}" to ask for: ${keys.join(", ")} can be given`);
    }
  }
  const { client = "", search = "", sort, topic } = query;
  return {
    limit: readLimit(query.limit),
    filter: readFilter(query.filter),
    client,
    search: search.toLowerCase(),
    sort,
    topic,
  };
}

function readLimit(text: string | undefined): number {
  if (text === undefined) return defaultLimit;
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= maxLimit) return limit;
  throw new Error(`limit must be a whole number from 1 to ${maxLimit}, and is "${text}"`);
}

function readFilter(filter: string | undefined): string | undefined {
  const mistake = filter === undefined ? undefined : topicFilterMistake(filter);
  if (mistake === undefined) return filter;
  throw new Error(`filter must be a topic filter such as sister/#, and "${filter}" ${mistake}`);
}

export interface Order<T> {
  readonly key: (row: T) => number | string;
  readonly isDescending: boolean;
}

/** @throws {Error} with the columns that there are */
export function readOrder<T>(
  sort: string,
  columns: Readonly<Record<string, (row: T) => number | string>>,
): Order<T> {
  const name = sort.replace(/^-/, "");
  // `columns["constructor"]` would find a property of Object.
  const key = Object.hasOwn(columns, name) ? columns[name] : undefined;
  if (key !== undefined) return { key, isDescending: name !== sort };
  throw new Error(`sort must be one of ${Object.keys(columns).join(", ")}, and is "${sort}"`);
}

/** Sorts by keys that are read once per row. */
export function sorted<T>(rows: readonly T[], { key, isDescending }: Order<T>): T[] {
  const keyed = rows.map((row) => ({ row, key: key(row) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  if (isDescending) keyed.reverse();
  return keyed.map(({ row }) => row);
}
