// Credentials are never shown to observers. Each is replaced by as many asterisks as it has bytes, so that lengths and
// offsets stay those of the wire. What is refused as no request may have them as well, in lines that are cut or folded, so
// in doubt more is masked. No expression here may backtrack over more than the part that it matches: a client chooses the text.

/** Also those of an application's own: `X-Access-Token`, `Api-Key`. What a server asks for is no secret. */
const secretField = /^(?!(?:www|proxy)-authenticate$).*(?:auth|cookie|token|secret|passw|api[_-]?key)/i;

const secretKey =
  /^(?:(?:access|auth|bearer|id|refresh|session)?[_-]?token|pass|passwd|password|passphrase|pwd|(?:client[_-]?)?secret|api[_-]?key)$/i;

/** Where none of this is, there is nothing to mask: in most heads. A key may be percent-encoded. */
const anySecret = /auth|cookie|token|secret|pass|pwd|api[_-]?key|bearer|basic|[@%]/i;

/** A head, of a request or a reply, or its trailers, as it may be shown: the same bytes, or a copy without its credentials. */
export function withoutSecrets(head: Uint8Array): Uint8Array {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString("latin1");
  if (!anySecret.test(text)) return head;
  const shown = maskLines(text);
  return shown === text ? head : Buffer.from(shown, "latin1");
}

/** A request's target with `***` for credentials: `/add?a=5&token=***`. */
export const redactedTarget = (target: string): string => maskAddresses(target, () => "***");

function maskLines(text: string): string {
  // Also a bare CR or LF ends a line: it is refused, and what follows it is masked as if it were accepted.
  const parts = text.split(/(\r\n|\r|\n)/);
  let isSecret = false;
  for (let at = 0; at < parts.length; at += 2) {
    const line = parts[at]!;
    if (isSecret && isRestOfField(line)) parts[at] = asterisks(line);
    else [parts[at], isSecret] = maskLine(line);
  }
  return parts.join("");
}

/** A folded line (RFC 9112, section 5.2), or a credential that a line end was pasted into. */
const isRestOfField = (line: string): boolean =>
  line !== "" && (/^[ \t]/.test(line) || !/^[^\s:]+[ \t]*:/.test(line));

/** In its target there may be a colon, and before that the name of a secret. */
const requestLine = /^[^\s:]+ +[^\s:].*HTTP\/\d\.\d\s*$/;

/** @returns the line as it may be shown, and whether it is a field whose next lines may be secret, too */
function maskLine(line: string): [shown: string, isSecret: boolean] {
  if (requestLine.test(line)) return [maskRequestLine(line), false];
  const colon = line.indexOf(":");
  const name = colon < 0 ? firstWord(line) : line.slice(0, colon).trim();
  if (secretField.test(name)) {
    const [start = ""] = (colon < 0 ? /^[ \t]*[^\s=]+[\s=]*/ : /^[^:]*:[ \t]*/).exec(line) ?? [];
    return [start + asterisks(line.slice(start.length)), true];
  }
  if (/^(?:www|proxy)-authenticate$/i.test(name)) return [line, false];
  // A request line without its version.
  if (colon < 0 || /\s/.test(name)) return [maskRequestLine(line), false];
  const shown = maskScheme(maskAddresses(line, asterisks));
  return [/host$/i.test(name) ? shown.replace(hostUserInfo, maskPart) : shown, false];
}

const firstWord = (line: string): string => /^[ \t]*([^\s=]*)/.exec(line)?.[1] ?? "";

const maskRequestLine = (line: string): string =>
  maskScheme(maskAddresses(line, asterisks)).replace(targetUserInfo, maskPart);

/** The credentials of `Authorization`, in a field whose name is misspelt. */
const maskScheme = (line: string): string => line.replace(/\b((?:Bearer|Basic)[ \t]+)(\S+)/gi, maskPart);

/** What comes before the host, in a target that is no path: of CONNECT, or of no request at all. */
const targetUserInfo = /^(\S+[ \t]+(?:[a-z][a-z0-9+.-]*:[\\/]+)?)([^\s\\/?#]*)(?=@)/i;
const hostUserInfo = /^([^:]*:[ \t]*)([^\s\\/?#]*)(?=@)/;
const maskPart = (_: string, start: string, secret: string): string => start + asterisks(secret);

/** The user information and the query of each address: a target, or one in Referer or Location. */
function maskAddresses(text: string, mask: (secret: string) => string): string {
  return text
    .replace(/([\\/]{2})([^\s\\/?#]+)(?=@)/g, (_, start: string, userInfo: string) => start + mask(userInfo))
    .replace(
      /(^[ \t]*|[?&;#])([^=&;#?\s]+)=([^&;#\s]*)/g,
      (pair, start: string, key: string, value: string) =>
        isSecretKey(key) ? `${start}${key}=${mask(value)}` : pair,
    );
}

const asterisks = (secret: string): string => "*".repeat(secret.length);

/** A key may be percent-encoded: `%74oken`. */
function isSecretKey(key: string): boolean {
  return secretKey.test(
    key.replace(/%([0-7][0-9a-f])/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
  );
}
