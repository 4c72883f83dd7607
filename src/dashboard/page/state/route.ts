import { cell } from "./store.ts";

/** The pages, by what stands behind the # of the address. */
export const pages = [
  { id: "overview", title: "Overview" },
  { id: "wire", title: "Wire" },
  { id: "mqtt", title: "MQTT" },
  { id: "try", title: "Try" },
  { id: "learn", title: "Learn" },
] as const;

export type PageId = (typeof pages)[number]["id"];

export interface Route {
  readonly page: PageId;
  /** What follows the page, `echo` in `#/try/echo`. */
  readonly rest: string;
}

export const route = cell<Route>(parseRoute(location.hash));

export function watchRoute(): void {
  addEventListener("hashchange", () => route.set(parseRoute(location.hash)));
}

export function parseRoute(hash: string): Route {
  const [word = "", ...rest] = hash.replace(/^#\/?/, "").split("/");
  const page = pages.find(({ id }) => id === word)?.id ?? "overview";
  return { page, rest: decodeURIComponent(rest.join("/")) };
}
