import { texts } from "../text/language.ts";

const words = texts({
  en: {
    published: (topic: string) => `Published to ${topic}.`,
    noSubscriber: (topic: string) => `Published to ${topic}: it found no subscriber.`,
    reached: (topic: string, count: number) =>
      `Published to ${topic}: it reached ${count === 1 ? "one subscriber" : `${count} subscribers`}.`,
  },
  id: {
    published: (topic) => `Terkirim ke ${topic}.`,
    noSubscriber: (topic) => `Terkirim ke ${topic}, tetapi tidak ada subscriber.`,
    reached: (topic, count) => `Terkirim ke ${topic} dan sampai ke ${count} subscriber.`,
  },
});

/** A message about a publication. The broker's result may have a count of the subscribers it reached. */
export function describeResult(topic: string, result: unknown): string {
  const reached = reachedBy(result);
  if (reached === undefined) return words.published(topic);
  return reached === 0 ? words.noSubscriber(topic) : words.reached(topic, reached);
}

function reachedBy(result: unknown): number | undefined {
  if (typeof result !== "object" || result === null) return undefined;
  const entries = Object.entries(result);
  const found = entries.find(([name]) => ["subscribers", "receivers", "matched", "delivered"].includes(name));
  return typeof found?.[1] === "number" ? found[1] : undefined;
}
