/** What SASLprep drops, RFC 3454 table B.1: soft hyphens, joiners, variation selectors. */
const dropped = /\u034f|[\u00ad\u1806\u200b-\u200d\u2060\ufeff]|[\u180b-\u180d]|[\ufe00-\ufe0f]/gu;

/** Spaces other than the plain one, table C.1.2. */
const otherSpaces = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu;

/** Forbidden in names and passwords, tables C.2 to C.9: controls, private use, surrogates, directions. */
const forbidden =
  /\u0340|\u0341|[\p{Cc}\p{Co}\p{Cs}\u06dd\u070f\u180e\u200e\u200f\u2028-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufdd0-\ufdef\ufff9-\uffff\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;

/**
 * Normalizes a user name or password by SASLprep, RFC 4013: `ª` becomes `a`, and combining accents are composed. Text
 * that SASLprep forbids is returned unchanged, because a client without SASLprep has sent it so; for the same reason
 * the rules for bidirectional text are not checked.
 */
export function saslPrep(text: string): string {
  const prepared = text.replace(dropped, "").replace(otherSpaces, " ").normalize("NFKC");
  return forbidden.test(prepared) ? text : prepared;
}
