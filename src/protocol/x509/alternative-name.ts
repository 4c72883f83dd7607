import { type Element, elementsOf, tags, wholeOf } from "./der.ts";

/** 2.5.29.17, subjectAltName (RFC 5280, section 4.2.1.6). */
const subjectAltName = Uint8Array.of(0x55, 0x1d, 0x11);

/** The kinds of names that are text: rfc822Name, dNSName and uniformResourceIdentifier. */
const textNames: readonly number[] = [0x81, 0x82, 0x86];

/** In a certificate, the tag that its extensions are in. */
const extensionsTag = 0xa3;

/**
 * The first e-mail address, DNS name or URI among the alternative names of a certificate; undefined: there is none. Read
 * from the bytes, because text that lists them cannot be taken apart again: a name may hold what separates two.
 * @throws {RangeError} when the bytes are no certificate
 */
export function firstAlternativeName(certificate: Uint8Array): string | undefined {
  const names = extensionOf(certificate, subjectAltName);
  if (names === undefined) return undefined;
  const [list] = elementsOf(certificate, names);
  const first = list && elementsOf(certificate, list).find(({ tag }) => textNames.includes(tag));
  return first && Buffer.from(certificate.subarray(first.from, first.to)).toString("latin1");
}

/** The value of an extension. */
function extensionOf(der: Uint8Array, identifier: Uint8Array): Element | undefined {
  const [certificate] = elementsOf(der, wholeOf(der));
  const [toBeSigned] = certificate === undefined ? [] : elementsOf(der, certificate);
  if (toBeSigned?.tag !== tags.sequence) throw new RangeError("it is no certificate");
  const wrapped = elementsOf(der, toBeSigned).find(({ tag }) => tag === extensionsTag);
  const [extensions] = wrapped === undefined ? [] : elementsOf(der, wrapped);
  if (extensions === undefined) return undefined;
  for (const extension of elementsOf(der, extensions)) {
    // Its identifier, whether it is critical, and the value.
    const parts = elementsOf(der, extension);
    const [name] = parts;
    if (name?.tag !== tags.objectIdentifier) continue;
    if (Buffer.compare(der.subarray(name.from, name.to), identifier) !== 0) continue;
    return parts.find(({ tag }) => tag === tags.octetString);
  }
  return undefined;
}
