/** The tags of ASN.1 that certificates and their lists are made of. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
} as const;

/** A value in DER: its tag, where its contents begin and where they end. */
export interface Element {
  readonly tag: number;
  readonly from: number;
  readonly to: number;
}

/** All of the bytes, as if they were the contents of an element. */
export const wholeOf = (der: Uint8Array): Element => ({ tag: 0, from: 0, to: der.length });

/** The elements inside of another one. @throws {RangeError} when it is no DER */
export function elementsOf(der: Uint8Array, { from, to }: Element): Element[] {
  const found: Element[] = [];
  for (let at = from; at < to; ) {
    const element = elementAt(der, at);
    if (element.to > to) throw new RangeError("it is cut off");
    found.push(element);
    at = element.to;
  }
  return found;
}

function elementAt(der: Uint8Array, at: number): Element {
  const [tag, first] = [der[at], der[at + 1]];
  if (tag === undefined || first === undefined) throw new RangeError("it is cut off");
  if (first < 0x80) return { tag, from: at + 2, to: at + 2 + first };
  const bytes = first & 0x7f;
  if (bytes === 0 || bytes > 4) throw new RangeError("it is not DER");
  let length = 0;
  for (let i = 0; i < bytes; i++) length = length * 256 + (der[at + 2 + i] ?? Number.NaN);
  if (Number.isNaN(length)) throw new RangeError("it is cut off");
  const from = at + 2 + bytes;
  return { tag, from, to: from + length };
}
