import { EtherType } from "./link-layer.ts";

export const IpProtocol = { Icmp: 1, Tcp: 6, Udp: 17, IcmpV6: 58 } as const;

/** IPv6's extension headers. (RFC 8200, section 4) */
const hopByHop = 0;
const routing = 43;
const fragment = 44;
const authentication = 51;
const destinationOptions = 60;
const mobility = 135;
const maxExtensions = 16;

/** The header of an IPv4 or IPv6 packet, read in place. One object serves all packets. */
export class IpHeader {
  version: 4 | 6 = 4;
  /** Where the source's address is; the destination's follows it. */
  addressesAt = 0;
  /** 4 or 16. */
  addressLength = 4;
  /** The protocol above, behind extension headers. */
  protocol = 0;
  /** The sender's number of the packet; -1: IPv6 has none without fragments. */
  identification = -1;
  hopLimit = 0;
  payloadAt = 0;
  /** Where the payload ends as far as it was captured. */
  payloadEnd = 0;
  /** Where it ends on the wire. */
  wireEnd = 0;
  isFragment = false;
  /** Of a fragment: where its payload belongs, and whether others follow it. */
  fragmentAt = 0;
  hasMoreFragments = false;

  /** @returns false when it is no whole header of its version */
  read(bytes: Uint8Array, at: number, etherType: number, wireLength: number): boolean {
    this.isFragment = false;
    this.identification = -1;
    return etherType === EtherType.Ipv4
      ? this.#readVersion4(bytes, at, wireLength)
      : this.#readVersion6(bytes, at, wireLength);
  }

  #readVersion4(bytes: Uint8Array, at: number, wireLength: number): boolean {
    if (bytes.length - at < 20 || bytes[at]! >> 4 !== 4) return false;
    const header = (bytes[at]! & 15) * 4;
    const total = u16(bytes, at + 2);
    if (header < 20 || at + header > bytes.length) return false;
    // A length of 0 comes from a network card that is to cut the packet itself.
    if (total !== 0 && total < header) return false;
    this.version = 4;
    this.addressesAt = at + 12;
    this.addressLength = 4;
    this.identification = u16(bytes, at + 4);
    this.hopLimit = bytes[at + 8]!;
    this.protocol = bytes[at + 9]!;
    this.payloadAt = at + header;
    this.#setEnd(bytes, total === 0 ? wireLength : at + total);
    const flags = u16(bytes, at + 6);
    this.hasMoreFragments = (flags & 0x2000) !== 0;
    this.fragmentAt = (flags & 0x1fff) * 8;
    this.isFragment = this.hasMoreFragments || this.fragmentAt > 0;
    return true;
  }

  #readVersion6(bytes: Uint8Array, at: number, wireLength: number): boolean {
    if (bytes.length - at < 40 || bytes[at]! >> 4 !== 6) return false;
    this.version = 6;
    this.addressesAt = at + 8;
    this.addressLength = 16;
    this.hopLimit = bytes[at + 7]!;
    this.protocol = bytes[at + 6]!;
    this.payloadAt = at + 40;
    const length = u16(bytes, at + 4);
    this.#setEnd(bytes, length === 0 ? wireLength : at + 40 + length);
    return this.#skipExtensions(bytes);
  }

  #skipExtensions(bytes: Uint8Array): boolean {
    for (let count = 0; isExtension(this.protocol); count++) {
      const at = this.payloadAt;
      if (count === maxExtensions || at + 8 > this.payloadEnd) return false;
      const next = bytes[at]!;
      if (this.protocol === fragment) {
        this.#readFragment(bytes, at);
        this.payloadAt = at + 8;
      } else {
        const units = bytes[at + 1]!;
        this.payloadAt = at + (this.protocol === authentication ? (units + 2) * 4 : (units + 1) * 8);
      }
      this.protocol = next;
      if (this.payloadAt > this.payloadEnd) return false;
      // What follows in a fragment other than the first is no header.
      if (this.isFragment && this.fragmentAt > 0) return true;
    }
    return true;
  }

  #readFragment(bytes: Uint8Array, at: number): void {
    const field = u16(bytes, at + 2);
    this.fragmentAt = field & 0xfff8;
    this.hasMoreFragments = (field & 1) !== 0;
    // An atomic fragment is whole. (RFC 6946)
    this.isFragment = this.hasMoreFragments || this.fragmentAt > 0;
    this.identification = u16(bytes, at + 6);
  }

  #setEnd(bytes: Uint8Array, end: number): void {
    this.wireEnd = end;
    this.payloadEnd = Math.min(end, bytes.length);
  }
}

const isExtension = (protocol: number): boolean =>
  protocol === hopByHop ||
  protocol === routing ||
  protocol === fragment ||
  protocol === authentication ||
  protocol === destinationOptions ||
  protocol === mobility;

const u16 = (bytes: Uint8Array, at: number): number => (bytes[at]! << 8) | bytes[at + 1]!;
