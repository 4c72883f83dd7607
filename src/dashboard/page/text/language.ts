import { store } from "../state/store.ts";

export const languages = ["en", "id"] as const;
export type Language = (typeof languages)[number];

/** What the page speaks. The top of the page renders again when it changes, and with it everything else. */
export const language = store<Language>("en");

/**
 * Texts in both languages, to be read in the one that the page speaks: `words.title` is another text after a change.
 * Indonesian has to have all that English has; whatever depends on a value is a function in both.
 */
export function texts<T extends object>(all: { readonly en: T; readonly id: NoInfer<T> }): Readonly<T> {
  const words = {};
  for (const name of Object.keys(all.en)) {
    Object.defineProperty(words, name, {
      enumerable: true,
      get: () => all[language.get()][name as keyof T],
    });
  }
  return words as T;
}

/** Britain's English, because its day has 24 hours and comes before its month. */
const locales = { en: "en-GB", id: "id-ID" } as const satisfies Record<Language, string>;

/** What `make` gives for the locale of the page's language; made once for each, because Intl takes its time. */
export function inLocale<T>(make: (locale: string) => T): () => T {
  const made = new Map<Language, T>();
  return () => {
    const now = language.get();
    const known = made.get(now) ?? make(locales[now]);
    made.set(now, known);
    return known;
  };
}

/** The first of a browser's languages that the page speaks. Old browsers call Indonesian `in`. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const word = tag.toLowerCase().split("-", 1)[0];
    if (word === "id" || word === "in") return "id";
    if (word === "en") return "en";
  }
  return "en";
}
