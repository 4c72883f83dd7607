import { type ByteField, shownText } from "./byte-field.ts";
import { latin1 } from "./latin1.ts";

/** The members of an object, or of each object of an array; none where it is not JSON. */
export function jsonFields(bytes: Uint8Array, start: number, layer: string): ByteField[] {
  const text = latin1(bytes);
  const at = skipSpace(text, start);
  const fields: ByteField[] = [];
  const add = (prefix: string) => (member: Member) => {
    const { name, from, value, to } = member;
    fields.push({ layer, name: prefix + name, value: shownText(bytes.subarray(value, to)), from, to });
  };
  if (text[at] === "{") eachMember(text, at, add(""));
  else if (text[at] === "[")
    eachItem(text, at, (item, index) => eachMember(text, item, add(`${index + 1}: `)));
  return fields;
}

/** `"method": "add"`: where it begins, where its value begins, and where it ends. */
interface Member {
  readonly name: string;
  readonly from: number;
  readonly value: number;
  readonly to: number;
}

function eachMember(text: string, object: number, use: (member: Member) => void): void {
  if (text[object] !== "{") return;
  let at = skipSpace(text, object + 1);
  while (text[at] === '"') {
    const nameEnd = skipValue(text, at);
    const colon = skipSpace(text, nameEnd);
    if (text[colon] !== ":") return;
    const value = skipSpace(text, colon + 1);
    const to = skipValue(text, value);
    if (to === value) return;
    use({ name: text.slice(at + 1, nameEnd - 1), from: at, value, to });
    const comma = skipSpace(text, to);
    if (text[comma] !== ",") return;
    at = skipSpace(text, comma + 1);
  }
}

function eachItem(text: string, array: number, use: (item: number, index: number) => void): void {
  let at = skipSpace(text, array + 1);
  for (let index = 0; at < text.length && text[at] !== "]"; index++) {
    use(at, index);
    const comma = skipSpace(text, skipValue(text, at));
    if (text[comma] !== ",") return;
    at = skipSpace(text, comma + 1);
  }
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (next < text.length && " \t\r\n".includes(text[next]!)) next++;
  return next;
}

/** The place behind a value; strings hide brackets, and brackets hide commas. */
function skipValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') {
      at = endOfString(text, at);
      if (depth === 0) return at + 1;
    } else if ("[{".includes(char)) depth++;
    else if ("]}".includes(char)) {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (char === "," || " \t\r\n".includes(char))) return at;
  }
  return text.length;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at;
  }
  return text.length - 1;
}
