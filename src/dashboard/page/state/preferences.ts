import { kept } from "./store.ts";

export const theme = kept("theme", ["auto", "light", "dark"], "auto");
export const language = kept("language", ["en", "id"], "en");

/** Whether the page is dark just now, by choice or by the system's wish. */
export function isDark(): boolean {
  const chosen = theme.get();
  return chosen === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
}

export function watchTheme(): void {
  theme.listen(() => {
    const chosen = theme.get();
    if (chosen === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
  });
}
