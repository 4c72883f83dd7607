import type { Language } from "../text/language.ts";

/** A communication pattern: three sentences in both languages, in the order of `headings`, and a diagram. */
export interface Pattern {
  readonly role: string;
  readonly title: Readonly<Record<Language, string>>;
  readonly en: Sentences;
  readonly id: Sentences;
  readonly sketch: Sketch;
}

export type Sentences = readonly [first: string, waits: string, lost: string];

/** A small sequence diagram. */
export interface Sketch {
  readonly who: readonly string[];
  /** From and to as indexes of `who`, and the label. */
  readonly steps: readonly (readonly [from: number, to: number, words: string])[];
}

export const headings = {
  en: ["Who speaks first", "Who waits", "What is lost when a peer dies"],
  id: ["Siapa berbicara lebih dulu", "Siapa menunggu", "Apa yang hilang bila satu pihak mati"],
} as const;
