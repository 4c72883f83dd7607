import { topicMatches } from "../../../protocol/mqtt/topic.ts";
import type { TrafficEvent, TrafficKind } from "../api/types.ts";

/** Which events are shown. An empty text or list matches everything. */
export interface WireFilter {
  readonly services: readonly string[];
  readonly client: string;
  readonly topic: string;
  readonly text: string;
  readonly kinds: readonly TrafficKind[];
}

export const allTraffic: WireFilter = {
  services: [],
  client: "",
  topic: "",
  text: "",
  kinds: ["open", "message", "close"],
};

/** @param client how the diagram names the peer */
export function passes(event: TrafficEvent, client: string, filter: WireFilter): boolean {
  if (!filter.kinds.includes(event.kind)) return false;
  if (filter.services.length > 0 && !filter.services.includes(event.service)) return false;
  if (filter.client !== "" && !has(client, filter.client) && !has(event.remote, filter.client)) return false;
  if (filter.topic !== "" && !hasTopic(event, filter.topic)) return false;
  return filter.text === "" || hasText(event, client, filter.text);
}

/** The filter as a query, so that the server sends less. Only the page searches for texts. */
export function asQuery(filter: WireFilter): { service: string; topic: string; kind: string } {
  // Lanes are assigned and released by open and close, so the page needs these even when they are not shown.
  const kinds = new Set<TrafficKind>(["open", "close", ...filter.kinds]);
  return { service: filter.services.join(","), topic: filter.topic, kind: [...kinds].join(",") };
}

function hasTopic({ fields }: TrafficEvent, filter: string): boolean {
  const topic = String(fields?.topic ?? "");
  return topic !== "" && topicMatches(filter, topic);
}

function hasText(event: TrafficEvent, client: string, text: string): boolean {
  const own = [event.text ?? "", client, event.service, event.reason ?? ""];
  return [...own, ...Object.values(event.fields ?? {}).map(String)].some((part) => has(part, text));
}

function has(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}
