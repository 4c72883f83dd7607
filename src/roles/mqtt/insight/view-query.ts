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
  return { limit: readLimit(query.limit), filter: readFilter(query.filter), client: query.client ?? "" };
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
