/** What became of a publication, in words; the broker may tell how many it reached. */
export function describeResult(topic: string, result: unknown): string {
  const reached = countIn(result);
  if (reached === undefined) return `Published to ${topic}.`;
  if (reached === 0) return `Published to ${topic}: it found no subscriber.`;
  return `Published to ${topic}: it reached ${reached} subscriber${reached === 1 ? "" : "s"}.`;
}

function countIn(result: unknown): number | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  const entries = Object.entries(result);
  const found = entries.find(([name]) => ["subscribers", "receivers", "matched", "delivered"].includes(name));
  return typeof found?.[1] === "number" ? found[1] : undefined;
}
