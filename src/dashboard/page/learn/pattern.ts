export type Language = "en" | "id";

/** Who speaks first; who waits; what is lost when a peer dies. A sentence each, in both languages. */
export interface Pattern {
  readonly role: string;
  readonly title: Readonly<Record<Language, string>>;
  readonly en: Sentences;
  readonly id: Sentences;
  readonly sketch: Sketch;
}

export type Sentences = readonly [first: string, waits: string, lost: string];

/** A few arrows that show the pattern. */
export interface Sketch {
  readonly who: readonly string[];
  /** From, to (places in `who`), and what is said. */
  readonly steps: readonly (readonly [from: number, to: number, words: string])[];
}

export const headings = {
  en: ["Who speaks first", "Who waits", "What is lost when a peer dies"],
  id: ["Siapa berbicara lebih dulu", "Siapa menunggu", "Apa yang hilang bila satu pihak mati"],
} as const;
