import { type ByteField, shownText } from "./byte-field.ts";
import { jsonFields } from "./json-fields.ts";
import { latin1 } from "./latin1.ts";

/** The start line, the header fields and the body of one HTTP message. @param isRpc its body is JSON-RPC */
export function httpFields(bytes: Uint8Array, isRpc = false): ByteField[] {
  const text = latin1(bytes);
  const lineEnd = text.indexOf("\r\n");
  const end = text.indexOf("\r\n\r\n");
  const start = startLine(text.slice(0, lineEnd === -1 ? text.length : lineEnd));
  if (start === undefined || lineEnd === -1) return [];
  const headEnd = end === -1 ? text.length : end;
  return [
    ...start,
    ...headerFields(bytes, text, lineEnd + 2, headEnd),
    ...bodyFields(bytes, end === -1 ? text.length : end + 4, isRpc),
  ];
}

const field = (name: string, value: string, from: number, to: number): ByteField => ({
  layer: "HTTP",
  name,
  value,
  from,
  to,
});

function startLine(line: string): ByteField[] | undefined {
  const reply = /^(HTTP\/\d\.\d) (\d{3})(?: (.*))?$/.exec(line);
  if (reply !== null) return inOrder(["version", "status", "reason"], reply);
  const request = /^(\S+) (\S+) (HTTP\/\d\.\d)$/.exec(line);
  return request === null ? undefined : inOrder(["method", "target", "version"], request);
}

/** The words of a line, with one space between two of them. */
function inOrder(names: readonly string[], [, ...words]: readonly string[]): ByteField[] {
  let at = 0;
  return names.flatMap((name, index) => {
    const word = words[index] ?? "";
    const from = at;
    at += word.length + 1;
    return word === "" ? [] : field(name, word, from, from + word.length);
  });
}

function headerFields(bytes: Uint8Array, text: string, start: number, end: number): ByteField[] {
  const fields: ByteField[] = [];
  for (let at = start; at < end; ) {
    const next = text.indexOf("\r\n", at);
    const to = next === -1 ? end : Math.min(next, end);
    const colon = text.indexOf(":", at);
    if (colon > at && colon < to)
      fields.push(field(text.slice(at, colon), shownText(bytes.subarray(colon + 1, to)).trim(), at, to));
    at = to + 2;
  }
  return fields;
}

function bodyFields(bytes: Uint8Array, from: number, isRpc: boolean): ByteField[] {
  if (from >= bytes.length) return [];
  const body = field("body", shownText(bytes.subarray(from)), from, bytes.length);
  return isRpc ? [body, ...jsonFields(bytes, from, "JSON-RPC")] : [body];
}
