const encoder = new TextEncoder();

/**
 * A reply template: in `Echo: {message}` the request's bytes replace `{message}` unchanged (they need not be text).
 * `{message}` alone sends the request back as it is.
 */
export interface ReplyTemplate {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

const placeholder = "{message}";

/** @throws {Error} when `source` does not contain `{message}` exactly once */
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

/** Views are cached for replies up to this length; for longer ones a new view costs little beside the bytes. */
const maxCachedView = 2048;

/** Renders replies into one buffer that grows to the largest: no allocation for a reply. */
export class ReplyWriter {
  readonly #template: ReplyTemplate;
  #buffer = new Uint8Array(2048);
  /** A view of the buffer by its length: making one costs more than filling it. */
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
    if (length > maxCachedView) return this.#buffer.subarray(0, length);
    this.#views[length] ??= this.#buffer.subarray(0, length);
    return this.#views[length];
  }
}
