/** Where a request goes: its path, and its query without the question mark. */
export interface Target {
  readonly path: string;
  readonly query: string;
}

/** Splits a request's URL; Bun gives the bare path where the Host header is absent or no host name. */
export function splitTarget(url: string): Target {
  const scheme = url.startsWith("/") ? -3 : url.indexOf("://");
  const start = url.indexOf("/", scheme + 3);
  if (start < 0) return { path: "/", query: "" };
  const fragment = url.indexOf("#", start);
  const end = fragment < 0 ? url.length : fragment;
  const mark = url.indexOf("?", start);
  if (mark < 0 || mark > end) return { path: url.slice(start, end), query: "" };
  return { path: url.slice(start, mark), query: url.slice(mark + 1, end) };
}
