import { formatIp, fromIpv6 } from "../../core/address-range.ts";
import { invalidHeader, type ProxyHeader, type ProxySource, partialHeader } from "./api.ts";

const signature = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);

/** Signature, version and command, family and transport, and the length of what follows. */
const fixedLength = 16;

const command = { local: 0, proxy: 1 } as const;
const family = { unspecified: 0, ipv4: 1, ipv6: 2, unix: 3 } as const;

/** Bytes of the addresses and ports of each family. */
const addressLengths: Readonly<Record<number, number>> = {
  [family.unspecified]: 0,
  [family.ipv4]: 12,
  [family.ipv6]: 36,
  [family.unix]: 216,
};

/** Unspecified, a stream, datagrams. */
const maxTransport = 2;

const ipv4Length = 4;
const ipv6Length = 16;

/** Of an extension: its type, and the length of its value. */
const extensionHead = 3;

/** Whether the bytes are, or may become, a header of version 2. */
export function startsVersion2(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, signature.length);
  return signature.subarray(0, length).equals(bytes.subarray(0, length));
}

/** The binary header, section 2.2. Extensions (TLVs) must fit into it, and are skipped. */
export function readVersion2(bytes: Uint8Array, maxLength: number): ProxyHeader {
  if (bytes.length < fixedLength) return partialHeader;
  const fields = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const [versionAndCommand, familyAndTransport] = [fields.getUint8(12), fields.getUint8(13)];
  const length = fixedLength + fields.getUint16(14);
  const says = versionAndCommand & 0xf;
  if (versionAndCommand >> 4 !== 2)
    return invalidHeader(`its PROXY header is of version ${versionAndCommand >> 4}, and must be of 1 or 2`);
  if (says > command.proxy)
    return invalidHeader(`its PROXY header has the command ${says}, and must have LOCAL (0) or PROXY (1)`);
  if (length > maxLength)
    return invalidHeader(`its PROXY header has ${length} bytes, and may have ${maxLength}`);
  if (bytes.length < length) return partialHeader;
  // Of LOCAL the receiver discards everything else, also what it does not know.
  if (says === command.local) return { kind: "complete", length, source: undefined };
  const mistake = addressMistake(fields, familyAndTransport, length);
  if (mistake !== undefined) return invalidHeader(mistake);
  return { kind: "complete", length, source: sourceOf(fields, familyAndTransport >> 4) };
}

function addressMistake(fields: DataView, familyAndTransport: number, length: number): string | undefined {
  const addresses = addressLengths[familyAndTransport >> 4];
  if (addresses === undefined || (familyAndTransport & 0xf) > maxTransport) {
    const shown = familyAndTransport.toString(16).padStart(2, "0");
    return `its PROXY header has the address family and transport 0x${shown}, which there are not`;
  }
  const start = fixedLength + addresses;
  if (length < start)
    return `its PROXY header has ${length - fixedLength} bytes for addresses that take ${addresses}`;
  // Of an unspecified family everything is to be ignored.
  if (familyAndTransport >> 4 === family.unspecified) return undefined;
  return doExtensionsFit(fields, start, length)
    ? undefined
    : "an extension of its PROXY header goes past the header's end";
}

function doExtensionsFit(fields: DataView, start: number, end: number): boolean {
  let at = start;
  while (at < end) {
    if (at + extensionHead > end) return false;
    at += extensionHead + fields.getUint16(at + 1);
  }
  return at === end;
}

function sourceOf(fields: DataView, of: number): ProxySource | undefined {
  if (of === family.ipv4) {
    const host = formatIp({ bits: 32, value: BigInt(fields.getUint32(fixedLength)) });
    return { host, port: fields.getUint16(fixedLength + 2 * ipv4Length) };
  }
  if (of !== family.ipv6) return undefined;
  const value = (fields.getBigUint64(fixedLength) << 64n) | fields.getBigUint64(fixedLength + 8);
  return { host: formatIp(fromIpv6(value)), port: fields.getUint16(fixedLength + 2 * ipv6Length) };
}
