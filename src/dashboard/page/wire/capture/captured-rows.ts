import type { CapturedCourse, CapturePicture } from "../../../capture/messages.ts";
import { ConnectionLog } from "../connections.ts";
import type { WireFilter } from "../filter.ts";
import { RowList } from "../rows.ts";
import { itemsOf } from "./captured-events.ts";

/** What the diagram and the details need. */
export interface CapturedRows {
  readonly list: RowList;
  readonly connections: ConnectionLog;
}

/** The rows of some conversations. @param showsTcp with what TCP does by itself */
export function rowsOfCapture(
  picture: CapturePicture,
  courses: readonly CapturedCourse[],
  filter: WireFilter,
  showsTcp: boolean,
): CapturedRows {
  const kinds = [...filter.kinds, ...(showsTcp ? (["segment"] as const) : [])];
  // The conversations that are chosen are bounded, and so is what is kept of each.
  const list = new RowList({ ...filter, kinds }, Number.POSITIVE_INFINITY);
  const connections = new ConnectionLog();
  for (const item of itemsOf(picture, courses)) {
    if ("gap" in item) list.addGap(item.gap);
    else {
      connections.add(item.event);
      list.add(item.event);
    }
  }
  return { list, connections };
}

/** The number of the row that shows a packet, or of the first one after it. */
export function rowOfPacket({ rows }: RowList, packet: number): number | undefined {
  const at = (row: (typeof rows)[number]) => (row.is === "event" ? (row.event.captured?.packet ?? 0) : 0);
  const exact = rows.findLast((row) => at(row) === packet);
  return (exact ?? rows.find((row) => at(row) > packet) ?? rows.at(-1))?.no;
}
