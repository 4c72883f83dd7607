/** By byte: 1 where it may stand in a token, such as a method or a field's name (RFC 9110, section 5.6.2). */
export const tokenBytes = tableOf("!#$%&'*+-.^_`|~", /[0-9A-Za-z]/);

/** By byte: 1 where it may stand in a field's value (RFC 9110, section 5.5): no control character but the tab. */
export const valueBytes = new Uint8Array(256).map((_, byte) =>
  byte === 9 || (byte >= 0x20 && byte !== 0x7f) ? 1 : 0,
);

/**
 * By byte: 1 where it may stand in a request's target, 2 where it is no ASCII. Those are not allowed (RFC 3986), but
 * clients send what was typed, and it can be read in one way only. `#` is not sent, and stands for two targets.
 */
export const targetBytes = new Uint8Array(256).map((_, byte) => {
  if (byte >= 0x80) return 2;
  return byte > 0x20 && byte < 0x7f && byte !== 0x23 ? 1 : 0;
});

function tableOf(others: string, common: RegExp): Uint8Array {
  return new Uint8Array(256).map((_, byte) => {
    const character = String.fromCharCode(byte);
    return byte < 0x80 && (common.test(character) || others.includes(character)) ? 1 : 0;
  });
}

export const [tab, lineFeed, carriageReturn, space, colon, semicolon] = [
  0x09, 0x0a, 0x0d, 0x20, 0x3a, 0x3b,
] as const;
