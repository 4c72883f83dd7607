/** Whether an MQTT topic filter takes in a topic: `+` is one level, `#` at the end the rest. */
export function topicMatches(filter: string, topic: string): boolean {
  if (topic === "") return false;
  const wanted = filter.split("/");
  const levels = topic.split("/");
  // [MQTT-4.7.2-1] A wildcard at the start takes in no topic that begins with $.
  if (topic.startsWith("$") && (wanted[0] === "+" || wanted[0] === "#")) return false;
  for (const [index, want] of wanted.entries()) {
    if (want === "#") return true;
    if (index >= levels.length || (want !== "+" && want !== levels[index])) return false;
  }
  return wanted.length === levels.length;
}
