import { type Element, elementsOf, tags, wholeOf } from "./der.ts";

/** What a certificate revocation list (RFC 5280, section 5) says of itself. Its signature is not checked here. */
export interface RevocationList {
  /** When the next one is due, in milliseconds since 1970; undefined: it does not say. */
  readonly nextUpdate: number | undefined;
}

/** @throws {RangeError} when the bytes are no such list */
export function readRevocationList(der: Uint8Array): RevocationList {
  const [list] = elementsOf(der, wholeOf(der));
  const toBeSigned = list && elementsOf(der, expected(list, tags.sequence))[0];
  if (toBeSigned === undefined) throw new RangeError("it is empty");
  const fields = elementsOf(der, expected(toBeSigned, tags.sequence));
  // [version], signature, issuer, thisUpdate, [nextUpdate], [revokedCertificates], [extensions]
  if (fields[0]?.tag === tags.integer) fields.shift();
  const [, issuer, thisUpdate, next] = fields;
  if (issuer?.tag !== tags.sequence || thisUpdate === undefined || timeOf(der, thisUpdate) === undefined)
    throw new RangeError("it is no revocation list");
  return { nextUpdate: next && timeOf(der, next) };
}

function expected(element: Element, tag: number): Element {
  if (element.tag !== tag) throw new RangeError("it is no revocation list");
  return element;
}

/** `YYMMDDhhmmssZ` until 2049, `YYYYMMDDhhmmssZ` from then on; undefined: it is no time. */
function timeOf(der: Uint8Array, { tag, from, to }: Element): number | undefined {
  if (tag !== tags.utcTime && tag !== tags.generalizedTime) return undefined;
  const text = String.fromCharCode(...der.subarray(from, to));
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const century = tag === tags.generalizedTime ? 0 : year < 50 ? 2000 : 1900;
  return Date.UTC(century + year, month - 1, day, hour, minute, second);
}
