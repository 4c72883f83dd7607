/** A call with two integers of at most 15 digits. */
export interface PlainCall {
  readonly method: string;
  readonly a: number;
  readonly b: number;
  /** As JSON. */
  readonly id: string;
}

/**
 * Fast path: a call with two short integers, its members in the order of the specification, as nearly all clients write
 * it. To read it as JSON and then as a request takes five times as long.
 * @returns undefined for any other text, which may be a call as well
 */
export function readPlainCall(text: string): PlainCall | undefined {
  return text.length > maxLength ? undefined : new PlainCallReader(text).read();
}

/** Others are none: two names, and three numbers. */
const maxLength = 256;

const [space, quote, comma, minus, zero, colon, backslash] = [
  0x20, 0x22, 0x2c, 0x2d, 0x30, 0x3a, 0x5c,
] as const;

class PlainCallReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): PlainCall | undefined {
    if (!this.#skip('{"jsonrpc":"2.0","method":')) return undefined;
    const method = this.#string();
    if (method === undefined || !this.#skip(',"params":[')) return undefined;
    const a = this.#integer();
    if (!this.#skip(",")) return undefined;
    const b = this.#integer();
    if (!this.#skip('],"id":')) return undefined;
    const start = this.#at;
    const isText = this.#text.charCodeAt(start) === quote;
    const isId = isText ? this.#string() !== undefined : !Number.isNaN(this.#integer());
    const id = this.#text.slice(start, this.#at);
    if (!isId || !this.#skip("}") || this.#at !== this.#text.length) return undefined;
    return Number.isNaN(a) || Number.isNaN(b) ? undefined : { method, a, b, id };
  }

  /** Python writes a space behind a comma and a colon. */
  #skip(expected: string): boolean {
    const text = this.#text;
    let at = this.#at;
    for (let index = 0; index < expected.length; index++) {
      const code = expected.charCodeAt(index);
      if (text.charCodeAt(at++) !== code) return false;
      if ((code === comma || code === colon) && text.charCodeAt(at) === space) at++;
    }
    this.#at = at;
    return true;
  }

  /** ASCII without escapes and control characters; undefined: it is none. */
  #string(): string | undefined {
    const text = this.#text;
    const start = this.#at + 1;
    if (text.charCodeAt(this.#at) !== quote) return undefined;
    let at = start;
    let code = text.charCodeAt(at);
    while (code >= space && code < 0x7f && code !== quote && code !== backslash) code = text.charCodeAt(++at);
    if (code !== quote) return undefined;
    this.#at = at + 1;
    return text.slice(start, at);
  }

  /** NaN: it is none, or longer, or a zero with a sign. */
  #integer(): number {
    const text = this.#text;
    const isNegative = text.charCodeAt(this.#at) === minus;
    const start = isNegative ? this.#at + 1 : this.#at;
    let at = start;
    let value = 0;
    for (let code = text.charCodeAt(at); code >= zero && code <= 0x39; code = text.charCodeAt(++at))
      value = value * 10 + code - zero;
    const count = at - start;
    this.#at = at;
    const isOther =
      count === 0 || count > 15 || (text.charCodeAt(start) === zero && (isNegative || count > 1));
    if (isOther) return Number.NaN;
    return isNegative ? -value : value;
  }
}
