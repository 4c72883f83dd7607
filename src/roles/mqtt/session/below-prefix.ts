import type { Permissions } from "../ports/access.ts";

/**
 * What a client may do that knows the topics below a prefix only, as if there were no others. Topics that would begin with
 * `$` for it are not for it, either: `#` and `+` match none of these [MQTT-4.7.2-1], and here they would.
 */
export function belowPrefix(prefix: string, permissions: Permissions): Permissions {
  const isBelow = (topic: string) =>
    topic.length > prefix.length && topic.startsWith(prefix) && topic[prefix.length] !== "$";
  return {
    mayPublish: (topic) => isBelow(topic) && permissions.mayPublish(topic),
    mayReceive: (topic) => isBelow(topic) && permissions.mayReceive(topic),
    reach: (filter) => {
      if (!isBelow(filter)) return "none";
      const reach = permissions.reach(filter);
      // `prefix/#` matches the level above it, too, and what begins with `$` below it.
      const isWider = filter[prefix.length] === "#" || filter[prefix.length] === "+";
      return reach === "all" && isWider ? "some" : reach;
    },
  };
}
