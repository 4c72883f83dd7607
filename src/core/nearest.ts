import { distance } from "fastest-levenshtein";

/** The candidate that `word` is most likely a typo of; undefined when none is close enough to suggest. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  // Short words are close to anything: tcp is no typo of udp.
  let bestDistance = (word.length <= 3 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  for (const candidate of candidates) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) {
      best = candidate;
      bestDistance = d;
    }
  }
  if (best !== undefined || word.length < 3) return best;
  const completions = [...candidates].filter((candidate) =>
    candidate.toLowerCase().startsWith(word.toLowerCase()),
  );
  return completions.length === 1 ? completions[0] : undefined;
}
