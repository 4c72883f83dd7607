import { LinkType } from "../capture/frame.ts";

export const EtherType = { Ipv4: 0x0800, Arp: 0x0806, Ipv6: 0x86dd } as const;

/** IEEE 802.1Q, 802.1ad (QinQ), and what came before that. */
const vlanTypes: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
/** A frame with more tags than that is none of a network's. */
const maxTags = 4;
/** Below it, the field is a length: a frame of IEEE 802.3, such as a switch's spanning tree. */
const minEtherType = 0x0600;

const known: ReadonlySet<number> = new Set(Object.values(LinkType));

/** Whether frames of this kind are looked into. */
export const isKnownLinkType = (linkType: number): boolean => known.has(linkType);

/** The header of a frame, whatever its kind, read in place. One object serves all frames. */
export class LinkHeader {
  /** Of what follows; 0: of no EtherType. */
  etherType = 0;
  /** Where the network layer's packet begins. */
  payloadAt = 0;
  /** Where the six bytes of the hardware addresses are; -1: this kind of header has none. */
  sourceMacAt = -1;
  targetMacAt = -1;
  /** The outer VLAN's number; -1: no tag. */
  vlan = -1;
  /** The capturing machine sent it, as far as the header says. */
  isOutgoing: boolean | undefined;

  /** @returns false when the frame is too short for its header, or of a kind that is not known */
  read(bytes: Uint8Array, linkType: number): boolean {
    this.sourceMacAt = this.targetMacAt = this.vlan = -1;
    this.isOutgoing = undefined;
    switch (linkType) {
      case LinkType.Ethernet:
        return this.#readEthernet(bytes);
      case LinkType.LinuxCooked:
        return this.#readCooked(bytes);
      case LinkType.LinuxCooked2:
        return this.#readCooked2(bytes);
      case LinkType.Null:
      case LinkType.Loop:
        return this.#readFamily(bytes);
      case LinkType.Raw:
      case LinkType.RawBsd:
      case LinkType.RawOpenBsd:
      case LinkType.Ipv4:
      case LinkType.Ipv6:
        return this.#readRaw(bytes);
      default:
        return false;
    }
  }

  #readEthernet(bytes: Uint8Array): boolean {
    if (bytes.length < 14) return false;
    this.targetMacAt = 0;
    this.sourceMacAt = 6;
    return this.#readTags(bytes, 12);
  }

  /** @param at of the EtherType, or of the first tag */
  #readTags(bytes: Uint8Array, at: number): boolean {
    let typeAt = at;
    for (let tags = 0; ; tags++) {
      if (typeAt + 2 > bytes.length) return false;
      const type = (bytes[typeAt]! << 8) | bytes[typeAt + 1]!;
      if (!vlanTypes.has(type)) {
        this.etherType = type < minEtherType ? 0 : type;
        this.payloadAt = typeAt + 2;
        return true;
      }
      if (tags === maxTags || typeAt + 4 > bytes.length) return false;
      if (tags === 0) this.vlan = ((bytes[typeAt + 2]! & 0x0f) << 8) | bytes[typeAt + 3]!;
      typeAt += 4;
    }
  }

  /** LINKTYPE_LINUX_SLL: direction, ARPHRD type, length of the address, eight bytes for it, EtherType. */
  #readCooked(bytes: Uint8Array): boolean {
    if (bytes.length < 16) return false;
    this.isOutgoing = bytes[1] === 4;
    if (bytes[5] === 6) this.sourceMacAt = 6;
    return this.#readTags(bytes, 14);
  }

  /** LINKTYPE_LINUX_SLL2: EtherType, interface, ARPHRD type, direction, length of the address, eight bytes for it. */
  #readCooked2(bytes: Uint8Array): boolean {
    if (bytes.length < 20) return false;
    this.isOutgoing = bytes[10] === 4;
    if (bytes[11] === 6) this.sourceMacAt = 12;
    const type = (bytes[0]! << 8) | bytes[1]!;
    if (vlanTypes.has(type)) {
      if (bytes.length < 24) return false;
      this.vlan = ((bytes[20]! & 0x0f) << 8) | bytes[21]!;
      return this.#readTags(bytes, 22);
    }
    this.etherType = type < minEtherType ? 0 : type;
    this.payloadAt = 20;
    return true;
  }

  /** The address family of BSD's loopback, in the byte order of the machine, or (LOOP) of the network. */
  #readFamily(bytes: Uint8Array): boolean {
    if (bytes.length < 4) return false;
    const family = bytes[0]! | bytes[3]!;
    this.payloadAt = 4;
    // IPv6 is 24 on NetBSD, 28 on FreeBSD, 30 on macOS, 23 on Windows, 10 on Linux.
    this.etherType =
      family === 2
        ? EtherType.Ipv4
        : family === 24 || family === 28 || family === 30 || family === 23 || family === 10
          ? EtherType.Ipv6
          : 0;
    return true;
  }

  #readRaw(bytes: Uint8Array): boolean {
    if (bytes.length < 1) return false;
    const version = bytes[0]! >> 4;
    this.payloadAt = 0;
    this.etherType = version === 4 ? EtherType.Ipv4 : version === 6 ? EtherType.Ipv6 : 0;
    return true;
  }
}
