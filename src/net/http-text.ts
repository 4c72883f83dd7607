import { STATUS_CODES } from "node:http";

const encoder = new TextEncoder();

/**
 * The head of a request or a reply as it stands on the wire, but for the order and the case of its headers:
 * Bun reads and writes HTTP by itself and does not hand out the bytes.
 */
export function requestHead(request: Request): Uint8Array {
  const start = request.url.indexOf("/", request.url.indexOf("://") + 3);
  return head(`${request.method} ${request.url.slice(Math.max(0, start))} HTTP/1.1`, request.headers);
}

export function responseHead(response: Response, bodyLength: number): Uint8Array {
  const headers = new Headers(response.headers);
  headers.set("content-length", String(bodyLength));
  return head(`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}`, headers);
}

function head(firstLine: string, headers: Headers): Uint8Array {
  const lines = [firstLine, ...[...headers].map(([name, value]) => `${name}: ${value}`)];
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
}
