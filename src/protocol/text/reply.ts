const encoder = new TextEncoder();

/**
 * A reply made from the request's bytes: `Echo: {message}` puts them where `{message}` stands, untouched
 * (they need not be text). `{message}` alone makes a transparent reply.
 */
export interface ReplyTemplate {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const placeholder = "{message}";

/** @throws {Error} naming the mistake when `{message}` does not stand in `source` exactly once */
export function compileReply(source: string): ReplyTemplate {
  const at = source.indexOf(placeholder);
  if (at < 0 || source.indexOf(placeholder, at + 1) >= 0) {
    throw new Error(`must hold {message} exactly once, and is ${JSON.stringify(source)}`);
  }
  return {
    before: encoder.encode(source.slice(0, at)),
    after: encoder.encode(source.slice(at + placeholder.length)),
  };
}

/** Longer replies get a view of their own: they are few for the bytes they carry. */
const keptViews = 2048;

/** Renders replies into one buffer that grows to the largest: no allocation for a reply. */
export class ReplyWriter {
  readonly #template: ReplyTemplate;
  #buffer = new Uint8Array(2048);
  /** A view of the buffer for each length that has been asked for: making one costs more than filling it. */
  #views: Uint8Array[] = [];

  constructor(template: ReplyTemplate) {
    this.#template = template;
    this.#buffer.set(template.before);
  }

  /** @returns the reply; valid until the next call. A transparent reply is the message itself. */
  render(message: Uint8Array): Uint8Array {
    const { before, after } = this.#template;
    if (before.length === 0 && after.length === 0) return message;
    const end = before.length + message.length;
    const length = end + after.length;
    if (this.#buffer.length < length) {
      this.#buffer = new Uint8Array(length * 2);
      this.#buffer.set(before);
      this.#views = [];
    }
    this.#buffer.set(message, before.length);
    if (after.length > 0) this.#buffer.set(after, end);
    if (length > keptViews) return this.#buffer.subarray(0, length);
    this.#views[length] ??= this.#buffer.subarray(0, length);
    return this.#views[length];
  }
}
