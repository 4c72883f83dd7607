/** The head of an HTTP/1.1 request. */
export interface HttpRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  /** By name in lower case; what came several times stands together, with commas. */
  readonly headers: ReadonlyMap<string, string>;
}

const requestLine = /^([A-Z]+) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*?)[ \t]*$/;

/** @returns undefined for what is no request, or one without a single Host (RFC 9112, section 3.2) */
export function readRequest(head: string): HttpRequest | undefined {
  const [first = "", ...lines] = head.split("\r\n");
  const [, method, target] = requestLine.exec(first) ?? [];
  if (method === undefined || target === undefined) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ""] = headerLine.exec(line) ?? [];
    if (name === undefined) return undefined;
    const key = name.toLowerCase();
    const before = headers.get(key);
    if (key === "host" && before !== undefined) return undefined;
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  if (!headers.has("host")) return undefined;
  return { method, path: target.split("?")[0] ?? "/", headers };
}
