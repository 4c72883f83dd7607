import type { TrafficEvent, TrafficKind } from "../api/types.ts";
import { topicMatches } from "./topic.ts";

/** What the reader wants to see; an empty text or list lets everything through. */
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
  if (filter.topic !== "" && !topicMatches(filter.topic, String(event.fields?.topic ?? ""))) return false;
  return filter.text === "" || hasText(event, client, filter.text);
}

/** The same for the server, which then need not send the rest. Texts are looked for in the page alone. */
export function asQuery(filter: WireFilter): { service: string; topic: string; kind: string } {
  // Who comes and goes is always asked for: lanes are given and taken by it, whether or not it is shown.
  const kinds = new Set<TrafficKind>(["open", "close", ...filter.kinds]);
  return { service: filter.services.join(","), topic: filter.topic, kind: [...kinds].join(",") };
}

function hasText(event: TrafficEvent, client: string, text: string): boolean {
  const own = [event.text ?? "", client, event.service, event.reason ?? ""];
  return [...own, ...Object.values(event.fields ?? {}).map(String)].some((part) => has(part, text));
}

function has(text: string, part: string): boolean {
  return text.toLowerCase().includes(part.toLowerCase());
}
