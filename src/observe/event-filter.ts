import type { TrafficKind } from "../core/traffic.ts";
import { topicFilterMistake, topicMatches } from "../protocol/mqtt/topic.ts";
import type { RecordedEvent } from "./recorded-event.ts";

/** A filter for events as the query of a URL gives it. */
export interface EventQuery {
  /** Names, with commas between them; absent: all. */
  readonly service?: string | undefined;
  /** The beginning of the peer's address, or of the client's own name (`client` among the fields). */
  readonly client?: string | undefined;
  /** Kinds, with commas between them; absent: all but `bytes`, which repeat the messages' content. */
  readonly kind?: string | undefined;
  /** An MQTT topic filter. Events without a topic do not match. */
  readonly topic?: string | undefined;
}

export interface EventFilter {
  readonly kinds: ReadonlySet<TrafficKind>;
  /** The services it takes events of; absent: all. */
  readonly services?: ReadonlySet<string>;
  /** Whether it takes events of this service; for events of which only a count is known. */
  hasService(service: string): boolean;
  matches(event: RecordedEvent): boolean;
}

const allKinds: readonly TrafficKind[] = ["open", "message", "close", "bytes"];

/** @throws {RangeError} saying what is wrong with the query, and what would be right */
export function eventFilter(query: EventQuery): EventFilter {
  const { client, topic } = query;
  const services = query.service === undefined ? undefined : new Set(listOf(query.service));
  const kinds = kindsOf(query.kind);
  const error = topic === undefined ? undefined : topicFilterMistake(topic);
  if (error !== undefined) throw new RangeError(`Cannot watch the topic "${topic}": it ${error}`);
  const hasService = (service: string) => services === undefined || services.has(service);
  return {
    kinds,
    ...(services && { services }),
    hasService,
    matches: (event) =>
      kinds.has(event.kind) &&
      hasService(event.conversation.service) &&
      (client === undefined || isFrom(client, event)) &&
      (topic === undefined || isAbout(topic, event)),
  };
}

function kindsOf(text: string | undefined): ReadonlySet<TrafficKind> {
  if (text === undefined) return new Set(allKinds.filter((kind) => kind !== "bytes"));
  const names = listOf(text);
  const unknown = names.find((word) => !allKinds.some((kind) => kind === word));
  if (unknown !== undefined || names.length === 0) {
    throw new RangeError(
      `Cannot watch events of the kind "${unknown ?? ""}": there are ${allKinds.join(", ")}`,
    );
  }
  return new Set(allKinds.filter((kind) => names.includes(kind)));
}

const listOf = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");

function isFrom(client: string, { conversation, fields }: RecordedEvent): boolean {
  if (conversation.remote.startsWith(client)) return true;
  const name = fields?.client;
  return typeof name === "string" && name.startsWith(client);
}

function isAbout(filter: string, { fields }: RecordedEvent): boolean {
  const topic = fields?.topic;
  return typeof topic === "string" && topicMatches(filter, topic);
}
