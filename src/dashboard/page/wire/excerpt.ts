import type { Row } from "./rows.ts";
import { RowList } from "./rows.ts";

/** What a picture or a report is made of. */
export interface Excerpt {
  readonly title: string;
  readonly list: RowList;
  /** From the first row to the last, in milliseconds since 1970; undefined without a row that has a time. */
  readonly span: { readonly from: number; readonly to: number } | undefined;
}

const everything = {
  services: [],
  client: "",
  topic: "",
  text: "",
  kinds: ["open", "bytes", "message", "close"],
} as const;

/** These rows as a diagram of their own: with the lanes they need, and no others. */
export function excerpt(title: string, rows: readonly Row[]): Excerpt {
  const list = new RowList(everything, Number.POSITIVE_INFINITY);
  for (const row of rows) {
    if (row.is === "gap") list.addGap({ service: row.service, kind: "", count: row.count });
    else if (row.is === "event") list.add(named(row));
  }
  const times = rows.flatMap((row) => (row.is === "gap" ? [] : [row.event.time]));
  const [from, to] = [times[0], times.at(-1)];
  return { title, list, span: from === undefined || to === undefined ? undefined : { from, to } };
}

/** A peer's name may have been told before the excerpt begins: here each of its events carries it. */
function named({ event, occupant }: Extract<Row, { is: "event" }>) {
  if (occupant.label === event.remote || occupant.label === "others" || event.remote === "") return event;
  return { ...event, fields: { ...event.fields, client: occupant.label } };
}
