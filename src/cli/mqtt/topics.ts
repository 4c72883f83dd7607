import { InvalidArgumentError } from "@commander-js/extra-typings";

export type QoS = 0 | 1 | 2;

export function qosLevel(value: string): QoS {
  if (value === "0") return 0;
  if (value === "1") return 1;
  if (value === "2") return 2;
  throw new InvalidArgumentError("The quality of service is 0, 1 or 2.");
}

/** Parses a topic to publish to: no wildcards [MQTT-3.3.2-2], not empty [MQTT-4.7.3-1]. */
export function topicName(value: string): string {
  if (value !== "" && !/[+#\u0000]/.test(value)) return value;
  throw new InvalidArgumentError("A topic to publish to is not empty and has no + or #.");
}

/** Parses an option that may be repeated. @returns all filters, in order */
export function topicFilters(value: string, before: string[] | undefined): string[] {
  const levels = value.split("/");
  const isValid = levels.every(
    (level, index) =>
      level === "+" || (level === "#" && index === levels.length - 1) || !/[+#\u0000]/.test(level),
  );
  if (value !== "" && isValid) return [...(before ?? []), value];
  throw new InvalidArgumentError("In a filter, + stands for one whole level and # for all at the end.");
}
