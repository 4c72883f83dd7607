import type { JsonObject, JsonValue } from "./value.ts";

/** A text is not JSON (RFC 8259), or is nested too deeply. The message says where, and what was found there. */
export class JsonError extends Error {
  override readonly name = "JsonError";
}

/** Deeper than any sensible request, and shallow enough for the stack of any thread. */
const maxDepth = 100;

/**
 * More digits than any operand may have. A longer integer is read as an infinity, as `JSON.parse` reads 1e999,
 * because its conversion would take quadratic time.
 */
const maxIntegerDigits = 10_000;

/** @throws {JsonError} */
export function readJson(text: string): JsonValue {
  return new JsonReader(text).readAll();
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * JSON as it comes from the network.
 * @throws {JsonError} also when the bytes are not UTF-8
 */
export function readJsonBytes(bytes: Uint8Array): JsonValue {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw new JsonError(notUtf8, { cause });
  }
  return readJson(text);
}

/**
 * The body of a request.
 * @param text undefined when it is not UTF-8
 * @throws {JsonError}
 */
export function readJsonBody(text: string | undefined): JsonValue {
  if (text === undefined) throw new JsonError(notUtf8);
  return readJson(text);
}

const notUtf8 = "Not UTF-8";

const number = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const word = /true|false|null/y;
const words: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

const [quote, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c] as const;
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d] as const;

/** Looks at character codes: texts of one character and patterns took half of the time of a short request. */
class JsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): JsonValue {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected("the end");
    return value;
  }

  #value(depth: number): JsonValue {
    switch (this.#skipSpace()) {
      case openBrace:
        return this.#object(depth + 1);
      case openBracket:
        return this.#array(depth + 1);
      case quote:
        return this.#string();
      default:
        return this.#wordOrNumber();
    }
  }

  #object(depth: number): JsonObject {
    this.#enter(depth);
    const object: Record<string, JsonValue> = Object.create(null);
    if (this.#take(closeBrace)) return object;
    do {
      if (this.#skipSpace() !== quote) throw this.#unexpected("a name in quotes");
      const name = this.#string();
      this.#expect(colon);
      object[name] = this.#value(depth);
    } while (this.#take(comma));
    this.#expect(closeBrace);
    return object;
  }

  #array(depth: number): JsonValue[] {
    this.#enter(depth);
    const items: JsonValue[] = [];
    if (this.#take(closeBracket)) return items;
    do items.push(this.#value(depth));
    while (this.#take(comma));
    this.#expect(closeBracket);
    return items;
  }

  #enter(depth: number): void {
    if (depth > maxDepth)
      throw new JsonError(`Nested deeper than ${maxDepth} levels at character ${this.#at + 1}`);
    this.#at++;
  }

  #string(): string {
    const text = this.#text;
    const start = this.#at + 1;
    let at = start;
    let code = text.charCodeAt(at);
    // Not a number is what comes behind the end.
    while (code >= 0x20 && code !== quote && code !== backslash) code = text.charCodeAt(++at);
    if (code !== quote) return this.#escapedString(this.#at);
    this.#at = at + 1;
    return text.slice(start, at);
  }

  /** `JSON.parse` decodes the escapes, once the end of the string is found. */
  #escapedString(start: number): string {
    const end = closingQuote(this.#text, start);
    try {
      if (end < 0) throw new SyntaxError("Unterminated string");
      const value: string = JSON.parse(this.#text.slice(start, end + 1));
      this.#at = end + 1;
      return value;
    } catch (cause) {
      const why = end < 0 ? "without its end" : "with a bad escape or a control character";
      throw new JsonError(`A string ${why} at character ${start + 1}`, { cause });
    }
  }

  #wordOrNumber(): JsonValue {
    // The words begin with small letters, whose codes are above those of the digits and the minus.
    const found = this.#text.charCodeAt(this.#at) >= 0x61 ? this.#match(word) : undefined;
    if (found !== undefined) return words[found] ?? null;
    const short = this.#shortInteger();
    if (short !== undefined) return BigInt(short);
    number.lastIndex = this.#at;
    const match = number.exec(this.#text);
    if (match === null) throw this.#unexpected("a value");
    this.#at = number.lastIndex;
    const [digits, fraction, exponent] = match;
    if (fraction !== undefined || exponent !== undefined) return Number(digits);
    return digits.length > maxIntegerDigits ? Number(`${digits.slice(0, 400)}e400`) : BigInt(digits);
  }

  /** Fast path: nearly every number is a few digits, which need no pattern. */
  #shortInteger(): number | undefined {
    const text = this.#text;
    const isNegative = text.charCodeAt(this.#at) === 0x2d;
    const start = isNegative ? this.#at + 1 : this.#at;
    let value = 0;
    let at = start;
    for (let digit = digitAt(text, at); digit >= 0; digit = digitAt(text, ++at)) value = value * 10 + digit;
    const count = at - start;
    const isLong = count === 0 || count > 15 || (count > 1 && text.charCodeAt(start) === 0x30);
    if (isLong || isFraction(text.charCodeAt(at))) return undefined;
    this.#at = at;
    return isNegative ? -value : value;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** @returns the code of the character that follows; NaN at the end */
  #skipSpace(): number {
    const text = this.#text;
    let code = text.charCodeAt(this.#at);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09)
      code = text.charCodeAt(++this.#at);
    return code;
  }

  #take(character: number): boolean {
    if (this.#skipSpace() !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: number): void {
    if (!this.#take(character)) throw this.#unexpected(JSON.stringify(String.fromCharCode(character)));
  }

  #unexpected(expected: string): JsonError {
    const found = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    const what = this.#at >= this.#text.length ? "the end" : JSON.stringify(found);
    return new JsonError(`Expected ${expected} at character ${this.#at + 1}, and found ${what}`);
  }
}

/** -1: no digit. */
function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 0x30;
  return digit >= 0 && digit <= 9 ? digit : -1;
}

/** A point or an exponent: the number is a decimal. */
const isFraction = (code: number): boolean => code === 0x2e || code === 0x65 || code === 0x45;

/** The quote that ends the string begun at `start`; -1 without one. */
function closingQuote(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return -1;
}
