import { language, languages, preferredLanguage } from "../text/language.ts";
import { type Store, store } from "./store.ts";

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export const theme = persistent("theme", themes, "auto");
/** What the charts of the Overview show. */
export const chartSpan = persistent("chart-span", ["hour", "minute"], "hour");

export function nextTheme(now: Theme): Theme {
  return themes[(themes.indexOf(now) + 1) % themes.length] ?? "auto";
}

export function watchTheme(): void {
  theme.subscribe(() => {
    const chosen = theme.get();
    if (chosen === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
  });
}

const languageKey = "language";

/** Speaks the language that was chosen here, or else the browser's. */
export function watchLanguage(): void {
  const chosen = localStorage.getItem(languageKey);
  language.set(languages.find((word) => word === chosen) ?? preferredLanguage(navigator.languages));
  document.documentElement.lang = language.get();
  language.subscribe(() => {
    localStorage.setItem(languageKey, language.get());
    document.documentElement.lang = language.get();
  });
}

export const nextLanguage = (): void => language.set(language.get() === "en" ? "id" : "en");

/** A store that this browser remembers. A remembered value that is not allowed counts as absent. */
export function persistent<T extends string>(name: string, allowed: readonly T[], fallback: T): Store<T> {
  const remembered = localStorage.getItem(name);
  const value = store<T>(allowed.find((word) => word === remembered) ?? fallback);
  value.subscribe(() => localStorage.setItem(name, value.get()));
  return value;
}
