import { findFilterMistake } from "../../../protocol/mqtt/topic.ts";
import { texts } from "../text/language.ts";

const words = texts({
  en: {
    empty: "The filter is empty.",
    nul: "The filter holds the character U+0000.",
    mixed: (level: string) => `The filter mixes a wildcard with other characters in its level “${level}”.`,
    hash: "The filter has “#” before its last level.",
  },
  id: {
    empty: "Filternya kosong.",
    nul: "Filternya memuat karakter U+0000.",
    mixed: (level) => `Filternya mencampur wildcard dengan karakter lain pada level “${level}”.`,
    hash: "Filternya memuat “#” sebelum level terakhir.",
  },
});

/** What is wrong with a topic filter, in a sentence; undefined: nothing. */
export function filterMistake(filter: string): string | undefined {
  const mistake = findFilterMistake(filter);
  if (mistake === undefined) return undefined;
  return mistake.kind === "mixed" ? words.mixed(mistake.level) : words[mistake.kind];
}
