const encoder = new TextEncoder();

const slash = 0x2f;
const plus = 0x2b;
const hash = 0x23;

/** What is wrong with a topic name, as the end of a sentence; undefined: nothing. */
export function topicNameMistake(topic: string): string | undefined {
  if (topic === "") return "is empty"; // [MQTT-4.7.3-1]
  if (topic.includes("+") || topic.includes("#")) return "holds a wildcard"; // [MQTT-3.3.2-2]
  if (topic.includes("\0")) return "holds the character U+0000"; // [MQTT-4.7.3-2]
  return undefined;
}

/** What is wrong with a topic filter. */
export type FilterMistake =
  | { readonly kind: "empty" | "nul" | "hash" }
  /** A wildcard beside other characters in one level. */
  | { readonly kind: "mixed"; readonly level: string };

/** What is wrong with a topic filter, as the end of a sentence; undefined: nothing. */
export function topicFilterMistake(filter: string): string | undefined {
  const mistake = findFilterMistake(filter);
  switch (mistake?.kind) {
    case undefined:
      return undefined;
    case "empty":
      return "is empty";
    case "nul":
      return "holds the character U+0000";
    case "hash":
      return 'has "#" before its last level';
    case "mixed":
      return `mixes a wildcard with other characters in its level "${mistake.level}"`;
  }
}

/** Undefined: nothing is wrong. */
export function findFilterMistake(filter: string): FilterMistake | undefined {
  if (filter === "") return { kind: "empty" }; // [MQTT-4.7.3-1]
  if (filter.includes("\0")) return { kind: "nul" }; // [MQTT-4.7.3-2]
  // Level by level and without a list of them: a filter of 64 KiB may have 32,768.
  for (let start = 0; start <= filter.length; ) {
    const next = filter.indexOf("/", start);
    const end = next < 0 ? filter.length : next;
    const mistake = wildcardMistake(filter, start, end);
    if (mistake !== undefined) return mistake;
    start = end + 1;
  }
  return undefined;
}

function wildcardMistake(filter: string, start: number, end: number): FilterMistake | undefined {
  for (let at = start; at < end; at++) {
    const code = filter.charCodeAt(at);
    if (code !== plus && code !== hash) continue;
    if (end - start > 1) {
      const level = filter.slice(start, Math.min(end, start + 100));
      return { kind: "mixed", level }; // [MQTT-4.7.1-2]
    }
    if (code === hash && end < filter.length) return { kind: "hash" }; // [MQTT-4.7.1-1]
  }
  return undefined;
}

export const hasWildcard = (filter: string): boolean => filter.includes("+") || filter.includes("#");

/** How many levels a topic or a filter has: `a/b` has 2, `/` has 2. */
export function topicDepth(topic: string): number {
  let depth = 1;
  for (let at = topic.indexOf("/"); at >= 0; at = topic.indexOf("/", at + 1)) depth++;
  return depth;
}

/** What a broker takes of topic names and filters, which may have 65,535 bytes and as many levels. */
export interface TopicLimits {
  readonly maxTopicLevels: number;
  /** In bytes. */
  readonly maxTopicLength: number;
}

/** Which limit a topic or a filter exceeds, as the end of a sentence; undefined: none. */
export function topicLimitMistake(
  topic: string,
  { maxTopicLevels, maxTopicLength }: TopicLimits,
): string | undefined {
  const length = encoder.encode(topic).length;
  if (length > maxTopicLength) return `has ${length} bytes, and maxTopicLength is ${maxTopicLength}`;
  const depth = topicDepth(topic);
  if (depth > maxTopicLevels) return `has ${depth} levels, and maxTopicLevels is ${maxTopicLevels}`;
  return undefined;
}

/** A shared subscription's two parts. */
export interface Share {
  readonly group: string;
  readonly filter: string;
}

export const isShared = (filter: string): boolean => filter === "$share" || filter.startsWith("$share/");

/** Parses `$share/group/filter`; undefined when it has another form. [MQTT-4.8.2-1] [MQTT-4.8.2-2] */
export function parseShare(filter: string): Share | undefined {
  if (!filter.startsWith("$share/")) return undefined;
  const slash = filter.indexOf("/", 7);
  if (slash < 0) return undefined;
  const group = filter.slice(7, slash);
  const rest = filter.slice(slash + 1);
  return group === "" || hasWildcard(group) || rest === "" ? undefined : { group, filter: rest };
}

/** The filter that a subscription matches topics with: the one inside `$share/group/filter`, or the filter itself. */
export const innerFilter = (filter: string): string => parseShare(filter)?.filter ?? filter;

/**
 * Matches the levels of `filter`, none of which is `#`, with those of `topic` from `at` on. It allocates nothing,
 * because it runs for every node of the tree that a topic passes.
 * @returns where the topic's next level begins, past its end when there is none; -1: they do not match
 */
export function matchLevels(filter: string, topic: string, at: number): number {
  let next = at;
  for (let index = 0; next <= topic.length; index++, next++) {
    if (filter.charCodeAt(index) === plus) {
      const end = topic.indexOf("/", next);
      next = end < 0 ? topic.length : end;
      index++;
    } else {
      for (; index < filter.length && filter.charCodeAt(index) !== slash; index++, next++) {
        if (filter.charCodeAt(index) !== topic.charCodeAt(next)) return -1;
      }
      if (next < topic.length && topic.charCodeAt(next) !== slash) return -1;
    }
    if (index >= filter.length) return next + 1;
  }
  return -1;
}

/**
 * Whether a filter matches a topic name. Both must be valid.
 * A wildcard at the start does not match topics that start with `$`. [MQTT-4.7.2-1]
 */
export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) return false;
  if (filter === "#") return true;
  // The parent matches, too: sport/# matches sport.
  if (filter.endsWith("/#")) return matchLevels(filter.slice(0, -2), topic, 0) >= 0;
  return matchLevels(filter, topic, 0) > topic.length;
}

/** Topics that the server alone publishes to, whoever else is allowed to do what. [MQTT-4.7.2-1] */
export const isSystemTopic = (topic: string): boolean => topic.startsWith("$SYS/") || topic === "$SYS";
