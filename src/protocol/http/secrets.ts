// Credentials are never shown to observers. Each is replaced by as many asterisks as it has bytes, so that lengths stay
// those of the wire.

const secretField =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-auth-token|x-csrf-token)$/i;

const secretKey =
  /^(?:(?:access|auth|bearer|id|refresh|session)?[_-]?token|pass|passwd|password|passphrase|pwd|(?:client[_-]?)?secret|api[_-]?key)$/i;

/** Credentials in a head's header fields and in its target; most heads have none of them. */
const anySecret =
  /(?:authorization|cookie|x-api-key|x-auth-token|x-csrf-token)[^\r\n:]*:|[?&;](?:[^=\s]*(?:token|pass|pwd|secret|key|%)[^=\s]*)=/i;

/** A head, of a request or a reply, as it may be shown: the same bytes, or a copy without its credentials. */
export function withoutSecrets(head: Uint8Array): Uint8Array {
  const buffer = Buffer.from(head.buffer, head.byteOffset, head.length);
  const text = buffer.toString("latin1");
  if (!anySecret.test(text)) return head;
  const [first = "", ...lines] = text.split("\r\n");
  return Buffer.from([maskTarget(first, "same length"), ...lines.map(maskField)].join("\r\n"), "latin1");
}

function maskField(line: string): string {
  const [, start = "", name = "", value = ""] = /^(([^:]*):[ \t]*)(.*)$/s.exec(line) ?? [];
  return secretField.test(name.trim()) ? start + asterisks(value) : line;
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
