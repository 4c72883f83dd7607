import { store } from "./store.ts";

/** The pages; the id is the hash of the address. */
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
  /** The rest of the hash, `echo` in `#/try/echo`. */
  readonly rest: string;
}

export const route = store<Route>(parseRoute(location.hash));

export function watchRoute(): void {
  addEventListener("hashchange", () => route.set(parseRoute(location.hash)));
}

export function parseRoute(hash: string): Route {
  const [word = "", ...rest] = hash.replace(/^#\/?/, "").split("/");
  const page = pages.find(({ id }) => id === word)?.id ?? "overview";
  return { page, rest: decodeURIComponent(rest.join("/")) };
}
