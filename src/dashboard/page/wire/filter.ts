import { topicMatches } from "../../../protocol/mqtt/topic.ts";
import type { TrafficEvent, TrafficKind } from "../api/types.ts";
import { hostOf } from "./lanes.ts";
import { threadOf } from "./thread-of.ts";

/** A lane as an address names it: it is the same after a reload. */
export interface LaneName {
  readonly service: string;
  /** A client's name, an address, or a host. Empty: the service's own lane, which is all of its messages. */
  readonly peer: string;
  /** Of the service's own lane: one of its threads. */
  readonly thread?: number | undefined;
}

/** Which events are shown. An empty text or list matches everything. */
export interface WireFilter {
  readonly services: readonly string[];
  readonly client: string;
  readonly topic: string;
  readonly text: string;
  readonly kinds: readonly TrafficKind[];
  /** The lane that is followed. */
  readonly lane: LaneName | undefined;
  /** The connection that is followed; empty: all. */
  readonly connection: string;
}

export const allTraffic: WireFilter = {
  services: [],
  client: "",
  topic: "",
  text: "",
  kinds: ["open", "message", "close"],
  lane: undefined,
  connection: "",
};

/** @param client how the diagram names the peer */
export function passes(event: TrafficEvent, client: string, filter: WireFilter): boolean {
  if (!filter.kinds.includes(event.kind)) return false;
  if (filter.connection !== "" && event.conversation !== filter.connection) return false;
  if (filter.lane !== undefined && !isOn(filter.lane, event, client)) return false;
  if (filter.services.length > 0 && !filter.services.includes(event.service)) return false;
  if (filter.client !== "" && !has(client, filter.client) && !has(event.remote, filter.client)) return false;
  if (filter.topic !== "" && !hasTopic(event, filter.topic)) return false;
  return filter.text === "" || hasText(event, client, filter.text);
}

/** Whether events of this service can pass, such as those that the server has left out. */
export function passesService(service: string, { services, lane, connection }: WireFilter): boolean {
  if (services.length > 0 && !services.includes(service)) return false;
  if (lane !== undefined && lane.service !== service) return false;
  return connection === "" || serviceOf(connection) === service;
}

/** The services of which events can pass, where the filter leaves some out; undefined: all of them. */
export function servicesOf(filter: WireFilter, all: readonly string[]): readonly string[] | undefined {
  const chosen = filter.services.length > 0 ? filter.services : all;
  const passing = chosen.filter((name) => passesService(name, filter));
  // A lane of a service that is not chosen: nothing is shown, and those that are chosen are what was asked for.
  const names = passing.length > 0 ? passing : filter.services;
  return names.length === 0 || all.every((name) => names.includes(name)) ? undefined : names;
}

/** `time` of `time/2#17`. */
const serviceOf = (connection: string): string => connection.replace(/(\/[^#]*)?#.*$/, "");

/** The filter as a query, so that the server sends less. Only the page searches for texts, and follows. */
export function asQuery(filter: WireFilter): { service: string; topic: string; kind: string } {
  // Lanes are assigned and released by open and close, so the page needs these even when they are not shown.
  const kinds = new Set<TrafficKind>(["open", "close", ...filter.kinds]);
  return { service: filter.services.join(","), topic: filter.topic, kind: [...kinds].join(",") };
}

/** On a host's lane are those of its peers that have no name of their own. */
function isOn({ service, peer, thread }: LaneName, event: TrafficEvent, client: string): boolean {
  if (event.service !== service) return false;
  if (thread !== undefined && threadOf(event) !== thread) return false;
  return peer === "" || peer === client || (client === event.remote && hostOf(client) === peer);
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
