import { type Store, store } from "./store.ts";

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export const theme = persistent("theme", themes, "auto");
export const language = persistent("language", ["en", "id"], "en");

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

/** A store that this browser remembers. A remembered value that is not allowed counts as absent. */
function persistent<T extends string>(name: string, allowed: readonly T[], fallback: T): Store<T> {
  const remembered = localStorage.getItem(name);
  const value = store<T>(allowed.find((word) => word === remembered) ?? fallback);
  value.subscribe(() => localStorage.setItem(name, value.get()));
  return value;
}
