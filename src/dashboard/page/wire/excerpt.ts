import type { Row } from "./rows.ts";
import { RowList } from "./rows.ts";

/** The rows to export. */
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

/** Makes a diagram of these rows alone, with no more lanes than they need. */
export function excerpt(title: string, rows: readonly Row[]): Excerpt {
  const list = new RowList(everything, Number.POSITIVE_INFINITY);
  for (const row of rows) {
    if (row.is === "gap") list.addGap({ service: row.service, kind: "", count: row.count });
    else if (row.is === "event") list.add(withName(row));
  }
  const times = rows.flatMap((row) => (row.is === "gap" ? [] : [row.event.time]));
  const [from, to] = [times[0], times.at(-1)];
  return { title, list, span: from === undefined || to === undefined ? undefined : { from, to } };
}

/** Puts the peer's name into its events, because the event that named it may not be in the excerpt. */
function withName({ event, peer }: Extract<Row, { is: "event" }>) {
  if (peer.label === event.remote || peer.label === "others" || event.remote === "") return event;
  return { ...event, fields: { ...event.fields, client: peer.label } };
}
