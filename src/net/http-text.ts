import { STATUS_CODES } from "node:http";

const encoder = new TextEncoder();

/**
 * The head of a request or a reply as it stands on the wire, but for the order and the case of its headers:
 * Bun reads and writes HTTP by itself and does not hand out the bytes.
 */
export function requestHead(request: Request): Uint8Array {
  return head(`${request.method} ${pathOf(request.url)} HTTP/1.1`, request.headers);
}

/** Path and query of an absolute address. */
export function pathOf(url: string): string {
  return url.slice(Math.max(0, url.indexOf("/", url.indexOf("://") + 3)));
}

export function responseHead(response: Response, bodyLength: number): Uint8Array {
  const headers = new Headers(response.headers);
  headers.set("content-length", String(bodyLength));
  return head(`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}`, headers);
}

/** What lets its bearer in is not for who looks on. */
const isSecret = (name: string) => /^(?:authorization|proxy-authorization|cookie|set-cookie)$/.test(name);

function head(firstLine: string, headers: Headers): Uint8Array {
  const told = ([name, value]: [string, string]) => `${name}: ${isSecret(name) ? "***" : value}`;
  const lines = [firstLine, ...[...headers].map(told)];
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
}
