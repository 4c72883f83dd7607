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

/** The operands of a query as texts; undefined where the query does not have them. */
export interface QueryOperands {
  readonly a: string | undefined;
  readonly b: string | undefined;
}

/** Of a parameter that is given twice, the first one counts. */
export function queryOperands(query: string): QueryOperands {
  // Nothing is encoded in `a=5&b=9`, and looking is twenty times quicker than URLSearchParams.
  if (query.includes("%") || query.includes("+")) return decodedOperands(query);
  return { a: firstValue(query, "a="), b: firstValue(query, "b=") };
}

function firstValue(query: string, start: string): string | undefined {
  for (let at = 0; at <= query.length; ) {
    const next = query.indexOf("&", at);
    const end = next < 0 ? query.length : next;
    if (query.startsWith(start, at)) return query.slice(at + start.length, end);
    at = end + 1;
  }
  return undefined;
}

function decodedOperands(query: string): QueryOperands {
  const parameters = new URLSearchParams(query);
  return { a: withPlus(parameters.get("a")), b: withPlus(parameters.get("b")) };
}

/** `1e+17`, as we write it, pasted into a URL: there a plus means a space, and only here none can be meant. */
function withPlus(text: string | null): string | undefined {
  return text?.replace(/(?<=\de) (?=\d\d)/, "+");
}
