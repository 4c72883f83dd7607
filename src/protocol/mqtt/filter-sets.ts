/**
 * Topic filters as the sets of topics that they match. Both filters must be valid; a wildcard at the start matches no
 * topic that starts with `$`. [MQTT-4.7.2-1]
 */

/** Whether every topic that `narrow` matches is matched by `wide`, too. */
export function filterCovers(wide: string, narrow: string): boolean {
  if (isHidden(wide, narrow)) return false;
  const [outer, inner] = [wide.split("/"), narrow.split("/")];
  for (let at = 0; ; at++) {
    // `a/#` matches `a`, too.
    if (outer[at] === "#") return true;
    if (at === inner.length) return at === outer.length;
    if (at === outer.length || inner[at] === "#") return false;
    if (outer[at] !== "+" && outer[at] !== inner[at]) return false;
  }
}

/** Whether there is a topic that both match. */
export function filtersOverlap(one: string, other: string): boolean {
  if (isHidden(one, other)) return false;
  const [left, right] = [one.split("/"), other.split("/")];
  for (let at = 0; ; at++) {
    if (left[at] === "#" || right[at] === "#") return true;
    if (at === left.length || at === right.length) return at === left.length && at === right.length;
    if (left[at] !== "+" && right[at] !== "+" && left[at] !== right[at]) return false;
  }
}

/** One begins with a wildcard, and the other one with `$`. */
const isHidden = (one: string, other: string): boolean =>
  (one.startsWith("$") && beginsWithWildcard(other)) || (other.startsWith("$") && beginsWithWildcard(one));

const beginsWithWildcard = (filter: string): boolean => filter.startsWith("+") || filter.startsWith("#");
