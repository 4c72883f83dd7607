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
