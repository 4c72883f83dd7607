import type { TrafficKind } from "../api/types.ts";
import { allTraffic, type WireFilter } from "./filter.ts";

/** A span of time, in milliseconds since 1970; both ends belong to it. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** What the address of the page says: what is shown, and which part of it is chosen. */
export interface WireAddress {
  readonly filter: WireFilter;
  readonly range: TimeRange | undefined;
  /** TCP's own arrows of a capture are shown. */
  readonly showsTcp?: boolean | undefined;
}

const kindNames: readonly TrafficKind[] = ["open", "bytes", "message", "close"];

/** As the query of an address, which is empty where everything is shown: `service=mqtt&topic=sister%2F%23`. */
export function formatAddress({ filter, range, showsTcp }: WireAddress): string {
  const query = new URLSearchParams();
  const set = (name: string, value: string) => value !== "" && query.set(name, value);
  for (const service of filter.services) query.append("service", service);
  set("client", filter.client);
  set("topic", filter.topic);
  set("text", filter.text);
  if (!isUsual(filter.kinds)) query.set("kinds", filter.kinds.join(" "));
  if (filter.lane !== undefined) {
    query.set("of", filter.lane.service);
    set("peer", filter.lane.peer);
    if (filter.lane.thread !== undefined) query.set("thread", String(filter.lane.thread));
  }
  set("connection", filter.connection);
  if (range !== undefined) {
    query.set("from", String(range.from));
    query.set("to", String(range.to));
  }
  if (showsTcp === true) query.set("tcp", "shown");
  return query.toString();
}

/** What an address does not say, or says wrongly, is as usual. */
export function parseAddress(query: string): WireAddress {
  const words = new URLSearchParams(query);
  const text = (name: string) => words.get(name) ?? "";
  const service = words.get("of");
  const thread = Number(words.get("thread")) || undefined;
  const filter: WireFilter = {
    services: words.getAll("service"),
    client: text("client"),
    topic: text("topic"),
    text: text("text"),
    kinds: kindsOf(words.get("kinds")),
    lane: service === null ? undefined : { service, peer: text("peer"), ...(thread && { thread }) },
    connection: text("connection"),
  };
  const range = rangeOf(Number(words.get("from")), Number(words.get("to")));
  return { filter, range, ...(words.get("tcp") === "shown" && { showsTcp: true }) };
}

export const isUsual = (kinds: readonly TrafficKind[]): boolean =>
  kinds.length === allTraffic.kinds.length && allTraffic.kinds.every((kind) => kinds.includes(kind));

function kindsOf(text: string | null): readonly TrafficKind[] {
  return text === null ? allTraffic.kinds : kindNames.filter((kind) => text.split(" ").includes(kind));
}

function rangeOf(from: number, to: number): TimeRange | undefined {
  return from > 0 && to >= from && Number.isFinite(to) ? { from, to } : undefined;
}
