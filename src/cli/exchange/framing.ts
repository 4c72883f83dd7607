// How messages are found in a byte stream that has no frames of its own.

/** The length of the whole message at the beginning of `bytes`; undefined while more bytes are needed. */
export type MessageLength = (bytes: Uint8Array) => number | undefined;

/** How the replies of one server are delimited. */
export interface Framing {
  replyLength(sent: Uint8Array): MessageLength;
  /** A reply is expected to have at least so many bytes. */
  minLength(sent: Uint8Array): number;
}

/** Replies that repeat the request after one of these prefixes; the empty prefix is a transparent echo. */
export function prefixed(prefixes: readonly string[]): Framing {
  const bytes = prefixes.map((prefix) => new TextEncoder().encode(prefix));
  return {
    replyLength: (sent) => oneOf(bytes.map((prefix) => Buffer.concat([prefix, sent]))),
    minLength: (sent) => sent.length,
  };
}

const timeReply = /^(?:Invalid request|.*\d\d:\d\d:\d\d)\r?\n?$/;

/**
 * Replies of the TIME server. (Its requests are sent without a line end: the original server accepts them in no
 * other form.)
 */
export const timeFraming: Framing = {
  replyLength: () => (bytes) => (timeReply.test(new TextDecoder().decode(bytes)) ? bytes.length : undefined),
  minLength: () => "hh:mm:ss".length,
};

/**
 * Matches one of the `candidates`, the longest first. Only the longest may be followed by more bytes: where more
 * follow a shorter one, the reply is another one.
 */
export function oneOf(candidates: readonly Uint8Array[]): MessageLength {
  const sorted = candidates.toSorted((one, other) => other.length - one.length);
  return (bytes) =>
    sorted.find(
      (candidate, index) =>
        startsWith(bytes, candidate) && (index === 0 || bytes.length === candidate.length),
    )?.length;
}

/** What a server puts before and after the request that it repeats. */
export interface Affixes {
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
}

/** The affixes in `reply`; undefined when it does not hold `sent`, or more than once. */
export function affixesOf(reply: Uint8Array, sent: Uint8Array): Affixes | undefined {
  const bytes = Buffer.from(reply);
  const at = bytes.indexOf(sent);
  if (at < 0 || bytes.indexOf(sent, at + 1) >= 0) return undefined;
  return { prefix: reply.slice(0, at), suffix: reply.slice(at + sent.length) };
}

const startsWith = (bytes: Uint8Array, start: Uint8Array): boolean =>
  bytes.length >= start.length && Buffer.compare(bytes.subarray(0, start.length), start) === 0;
