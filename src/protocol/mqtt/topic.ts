/** What is wrong with a topic name, to be read after its name; undefined when nothing is. */
export function topicNameMistake(topic: string): string | undefined {
  if (topic === "") return "is empty"; // [MQTT-4.7.3-1]
  if (topic.includes("+") || topic.includes("#")) return "holds a wildcard"; // [MQTT-3.3.2-2]
  if (topic.includes("\0")) return "holds the character U+0000"; // [MQTT-4.7.3-2]
  return undefined;
}

/** What is wrong with a topic filter, to be read after its name; undefined when nothing is. */
export function topicFilterMistake(filter: string): string | undefined {
  if (filter === "") return "is empty"; // [MQTT-4.7.3-1]
  if (filter.includes("\0")) return "holds the character U+0000"; // [MQTT-4.7.3-2]
  if (!hasWildcard(filter)) return undefined;
  const levels = filter.split("/");
  for (const [index, level] of levels.entries()) {
    if (level === "+" || level === "#") {
      if (level === "#" && index < levels.length - 1) return 'has "#" before its last level'; // [MQTT-4.7.1-1]
    } else if (hasWildcard(level)) {
      return `mixes a wildcard with other characters in its level "${level}"`; // [MQTT-4.7.1-2]
    }
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

/** A shared subscription's two parts. */
export interface Share {
  readonly group: string;
  readonly filter: string;
}

export const isShared = (filter: string): boolean => filter === "$share" || filter.startsWith("$share/");

/** Takes `$share/group/filter` apart; undefined when it is not written so. [MQTT-4.8.2-1] [MQTT-4.8.2-2] */
export function parseShare(filter: string): Share | undefined {
  const slash = filter.indexOf("/", 7);
  if (!filter.startsWith("$share/") || slash < 0) return undefined;
  const group = filter.slice(7, slash);
  const rest = filter.slice(slash + 1);
  return group === "" || hasWildcard(group) || rest === "" ? undefined : { group, filter: rest };
}

/**
 * Whether a filter matches a topic name. Both are correct already.
 * A wildcard at the start does not match topics that start with `$`. [MQTT-4.7.2-1]
 */
export function topicMatches(filter: string, topic: string): boolean {
  if (topic.startsWith("$") && (filter.startsWith("+") || filter.startsWith("#"))) return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  for (const [index, level] of wanted.entries()) {
    if (level === "#") return true; // also the parent: sport/# matches sport
    const actual = levels[index];
    if (actual === undefined) return false;
    if (level !== "+" && level !== actual) return false;
  }
  return wanted.length === levels.length;
}
