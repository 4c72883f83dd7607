// Credentials are never shown to observers. Each is replaced by as many asterisks as it has bytes, so that lengths stay
// those of the wire.

/** Also those of an application's own: `X-Access-Token`, `Api-Key`. What a server asks for is no secret. */
const secretField = /^(?!(?:www|proxy)-authenticate$).*(?:auth|cookie|token|secret|passw|api[_-]?key)/i;

const secretKey =
  /^(?:(?:access|auth|bearer|id|refresh|session)?[_-]?token|pass|passwd|password|passphrase|pwd|(?:client[_-]?)?secret|api[_-]?key)$/i;

/** Credentials in a head's header fields and in its target; most heads have none of them. */
const anySecret =
  /(?:auth|cookie|token|secret|passw|api[_-]?key)[^\r\n:]*:|[?&;](?:[^=\s]*(?:token|pass|pwd|secret|key|%)[^=\s]*)=/i;

/** A head, of a request or a reply, as it may be shown: the same bytes, or a copy without its credentials. */
export function withoutSecrets(head: Uint8Array): Uint8Array {
  const buffer = Buffer.from(head.buffer, head.byteOffset, head.length);
  const text = buffer.toString("latin1");
  if (!anySecret.test(text)) return head;
  // Empty lines may come before the first.
  const start = /^(?:\r\n)*/.exec(text)?.[0] ?? "";
  const [first = "", ...lines] = text.slice(start.length).split("\r\n");
  const shown = [maskTarget(first, "same length"), ...lines.map(maskField)].join("\r\n");
  return Buffer.from(start + shown, "latin1");
}

/** The fields after a chunked body, as they may be shown. */
export function trailersWithoutSecrets(trailers: Uint8Array): Uint8Array {
  const lines = Buffer.from(trailers).toString("latin1").split("\r\n");
  return Buffer.from(lines.map(maskField).join("\r\n"), "latin1");
}

function maskField(line: string): string {
  const [, start = "", name = "", value = ""] = /^(([^:]*):[ \t]*)(.*)$/s.exec(line) ?? [];
  if (secretField.test(name.trim())) return start + asterisks(value);
  // An address, in Referer or Location.
  return value.includes("?") ? start + maskTarget(value, "same length") : line;
}

/** A request's target with `***` for credentials: `/add?a=5&token=***`. */
export const redactedTarget = (target: string): string => maskTarget(target, "***");

function maskTarget(target: string, mask: "***" | "same length"): string {
  const query = target.indexOf("?") + 1;
  if (query === 0) return target;
  const shown = target
    .slice(query)
    .replace(/([^=&;#\s]+)=([^&;#\s]*)/g, (pair, key: string, value: string) =>
      isSecretKey(key) ? `${key}=${mask === "***" ? mask : asterisks(value)}` : pair,
    );
  return target.slice(0, query) + shown;
}

const asterisks = (value: string): string => "*".repeat(value.length);

/** A key may be percent-encoded: `%74oken`. */
function isSecretKey(key: string): boolean {
  return secretKey.test(
    key.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
  );
}
