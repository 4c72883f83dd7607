import type { Excerpt } from "./excerpt.ts";
import { connectionLabel, gapLabel, messageLabel } from "./labels.ts";
import type { Row } from "./rows.ts";
import { threadOf } from "./thread-of.ts";
import { threadName, withoutThread } from "./threads.ts";

/** A row in words. */
export interface RowWords {
  readonly time: string;
  readonly service: string;
  readonly from: string;
  readonly to: string;
  /** An open or a close, which go to neither side. */
  readonly isConnection: boolean;
  readonly message: string;
  readonly note: string;
  readonly isHighlighted: boolean;
}

export function wordsOf(row: Row, { timeOf, notes }: Excerpt): RowWords {
  const { text: note = "", isHighlighted = false } = notes.get(row.no) ?? {};
  const remark = { note, isHighlighted };
  if (row.is === "gap") {
    const message = `... ${gapLabel(row)}`;
    return { time: "", service: "", from: "", to: "", isConnection: false, message, ...remark };
  }
  const { event, peer } = row;
  const isConnection = event.kind === "open" || event.kind === "close";
  const thread = threadOf(event);
  const service = threadName(event.service, thread);
  const [from, to] = event.direction === "out" ? [service, peer.label] : [peer.label, service];
  const label = isConnection ? connectionLabel(event) : messageLabel(event);
  const message = thread === undefined ? label : withoutThread(label);
  return { time: timeOf(row), service: event.service, from, to, isConnection, message, ...remark };
}
