import { texts } from "../text/language.ts";
import { store } from "./store.ts";

/** The pages; the name is the hash of the address. */
export const pages = ["overview", "wire", "mqtt", "try", "learn"] as const;

export type PageId = (typeof pages)[number];

export const pageTitles = texts<Record<PageId, string>>({
  en: { overview: "Overview", wire: "Wire", mqtt: "MQTT", try: "Try", learn: "Learn" },
  id: { overview: "Ikhtisar", wire: "Wire", mqtt: "MQTT", try: "Coba", learn: "Belajar" },
});

export interface Route {
  readonly page: PageId;
  /** The rest of the hash, `echo` in `#/try/echo`. */
  readonly rest: string;
  /** What stands behind the question mark, `topic=a` in `#/wire?topic=a`. */
  readonly query: string;
}

export const route = store<Route>(parseRoute(location.hash));

export function watchRoute(): void {
  addEventListener("hashchange", () => route.set(parseRoute(location.hash)));
}

export function parseRoute(hash: string): Route {
  const [path = "", ...queries] = hash.replace(/^#\/?/, "").split("?");
  const [word = "", ...rest] = path.split("/");
  const page = pages.find((id) => id === word) ?? "overview";
  return { page, rest: decodeURIComponent(rest.join("/")), query: queries.join("?") };
}

/**
 * Changes the query of the page that is open.
 * @param how `push`: the browser's Back leads to the one before. `replace`: it does not, as while somebody types.
 */
export function setQuery(query: string, how: "push" | "replace"): void {
  const { page, rest } = route.get();
  const path = rest === "" ? page : `${page}/${encodeURIComponent(rest)}`;
  const hash = `#/${path}${query === "" ? "" : `?${query}`}`;
  if (how === "push") history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
  // Neither of the two fires `hashchange`.
  route.set(parseRoute(hash));
}
