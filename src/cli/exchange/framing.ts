// How messages are found in a byte stream that has no frames of its own.

/** The length of the whole message at the beginning of `bytes`; undefined while more bytes are needed. */
export type MessageLength = (bytes: Uint8Array) => number | undefined;

/** How the replies of one server are delimited. */
export interface Framing {
  replyLength(sent: Uint8Array): MessageLength;
  /** A reply is expected to have at least so many bytes. */
  minLength(sent: Uint8Array): number;
}

/**
 * Replies that repeat the request after one of these prefixes; the empty prefix is a transparent echo. A server gets a
 * long request in pieces, and puts the prefix before each of them.
 */
export function prefixed(prefixes: readonly string[]): Framing {
  const bytes = prefixes.map((prefix) => new TextEncoder().encode(prefix));
  return {
    replyLength: (sent) => {
      const inOne = oneOf(bytes.map((prefix) => Buffer.concat([prefix, sent])));
      const inPieces = bytes.filter(({ length }) => length > 0).map((prefix) => piecesAfter(prefix, sent));
      return (reply) =>
        inOne(reply) ?? inPieces.map((length) => length(reply)).find((length) => length !== undefined);
    },
    minLength: (sent) => sent.length,
  };
}

/** Matches `sent` cut into any pieces, each after the prefix. */
function piecesAfter(prefix: Uint8Array, sent: Uint8Array): MessageLength {
  return (bytes) => {
    if (!startsWith(bytes, prefix)) return undefined;
    const reply = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = prefix.length;
    let done = 0;
    while (done < sent.length) {
      // Where the request itself goes on with such a prefix, that is taken first. If it was the server's after all, the
      // reply does not match here, and silence ends it.
      if (startsWith(reply.subarray(at), prefix) && !startsWith(sent.subarray(done), prefix)) {
        at += prefix.length;
        continue;
      }
      const next = reply.indexOf(prefix, at + 1);
      const run = Math.min((next < 0 ? reply.length : next) - at, sent.length - done);
      const isSame = Buffer.compare(reply.subarray(at, at + run), sent.subarray(done, done + run)) === 0;
      if (run <= 0 || !isSame) return undefined; // more is to come, or it is another reply
      at += run;
      done += run;
    }
    return at;
  };
}

/** Bytes from which on a request may reach the server in pieces. */
const mayBeCut = 1000;
/** What a server may put between two pieces, and how much of a piece is enough to find it again. */
const maxGap = 256;
const recognised = 8;

/** Whether a reply repeats the request: as a whole, or, where it is long, in pieces with something between them. */
export function repeats(reply: Uint8Array, sent: Uint8Array): boolean {
  const bytes = Buffer.from(reply.buffer, reply.byteOffset, reply.length);
  if (bytes.includes(sent)) return true;
  if (sent.length < mayBeCut) return false;
  let at = 0;
  for (let done = 0; done < sent.length; ) {
    const next = bytes.subarray(at, at + maxGap + recognised).indexOf(sent.subarray(done, done + recognised));
    if (next < 0) return false;
    at += next;
    while (done < sent.length && at < bytes.length && bytes[at] === sent[done]) {
      at++;
      done++;
    }
  }
  return true;
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
