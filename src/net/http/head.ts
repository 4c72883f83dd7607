import { STATUS_CODES } from "node:http";

const encoder = new TextEncoder();

/**
 * The head of a request or a reply as on the wire, except for secrets and for the order and case of its headers: Bun
 * parses and writes HTTP itself and does not expose the bytes.
 */
export function requestHead(request: Request): Uint8Array {
  return head(`${request.method} ${redactedTarget(pathOf(request.url))} HTTP/1.1`, request.headers);
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

function head(firstLine: string, headers: Headers): Uint8Array {
  const lines = [firstLine, ...[...headers].map(([name, value]) => redactedHeader(name, value))];
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
}

// Credentials are never shown to observers.

const secretHeader =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-auth-token|x-csrf-token)$/i;

const secretKey =
  /^(?:(?:access|auth|bearer|id|refresh|session)?[_-]?token|pass|passwd|password|passphrase|pwd|(?:client[_-]?)?secret|api[_-]?key)$/i;

/** A header line without its line end, with `***` for credentials. */
export const redactedHeader = (name: string, value: string): string =>
  `${name}: ${secretHeader.test(name) ? "***" : value}`;

/** A request's target with `***` for credentials: `/add?a=5&token=***`. */
export function redactedTarget(target: string): string {
  const query = target.indexOf("?") + 1;
  if (query === 0) return target;
  const shown = target
    .slice(query)
    .replace(/([^=&;#]+)=[^&;#]*/g, (pair, key: string) => (isSecretKey(key) ? `${key}=***` : pair));
  return target.slice(0, query) + shown;
}

/** A key may be percent-encoded: `%74oken`. */
function isSecretKey(key: string): boolean {
  return secretKey.test(
    key.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
  );
}
