import type { CapturedFrame } from "../capture/frame.ts";
import { ipv4Text, ipv6Text, macText } from "./address-text.ts";
import { FragmentReassembly } from "./fragments.ts";
import { IpHeader, IpProtocol } from "./ip-header.ts";
import { EtherType, LinkHeader } from "./link-layer.ts";
import { TcpHeader } from "./tcp-header.ts";

/** What a packet is, as far as it can be told. */
export type PacketKind = "tcp" | "udp" | "icmp" | "arp" | "fragment" | "other" | "malformed";

/** The headers of a packet, read in place. One object serves all packets of a capture. */
export class PacketView {
  kind: PacketKind = "other";
  readonly link = new LinkHeader();
  readonly ip = new IpHeader();
  readonly tcp = new TcpHeader();
  /** The frame's bytes. */
  bytes: Buffer = Buffer.alloc(0);
  /** The bytes that hold the transport layer's header: the frame's, or those of a datagram put together of fragments. */
  transport: Buffer = this.bytes;
  transportAt = 0;
  transportEnd = 0;
  transportWireEnd = 0;
  /** Of UDP. */
  sourcePort = 0;
  targetPort = 0;
  payloadAt = 0;
  payloadLength = 0;
  readonly #fragments = new FragmentReassembly();

  /** @param time in nanoseconds, for fragments that never come */
  read(frame: CapturedFrame, time: number): void {
    const { bytes } = frame;
    this.bytes = bytes;
    if (!this.link.read(bytes, frame.linkType)) {
      this.kind = "malformed";
      return;
    }
    const { etherType, payloadAt } = this.link;
    if (etherType === EtherType.Arp) this.kind = "arp";
    else if (etherType !== EtherType.Ipv4 && etherType !== EtherType.Ipv6) this.kind = "other";
    else if (!this.ip.read(bytes, payloadAt, etherType, frame.originalLength)) this.kind = "malformed";
    else this.kind = this.#readTransport(time);
  }

  get source(): string {
    return this.#address(this.ip.addressesAt);
  }

  get target(): string {
    return this.#address(this.ip.addressesAt + this.ip.addressLength);
  }

  get sourceMac(): string | undefined {
    return this.link.sourceMacAt < 0 ? undefined : macText(this.bytes, this.link.sourceMacAt);
  }

  /** Both addresses as one key, the source's first. */
  addressKey(): string {
    const { addressesAt, addressLength } = this.ip;
    return this.bytes.toString("latin1", addressesAt, addressesAt + 2 * addressLength);
  }

  /** As `addressKey`, of the packets that go back. */
  reversedAddressKey(): string {
    const { addressesAt, addressLength } = this.ip;
    const middle = addressesAt + addressLength;
    return (
      this.bytes.toString("latin1", middle, middle + addressLength) +
      this.bytes.toString("latin1", addressesAt, middle)
    );
  }

  #address(at: number): string {
    return this.ip.version === 4 ? ipv4Text(this.bytes, at) : ipv6Text(this.bytes, at);
  }

  #readTransport(time: number): PacketKind {
    const { ip } = this;
    this.transport = this.bytes;
    this.transportAt = ip.payloadAt;
    this.transportEnd = ip.payloadEnd;
    this.transportWireEnd = ip.wireEnd;
    if (ip.isFragment) {
      const whole = this.#joinFragment(time);
      if (whole === undefined) return "fragment";
      this.transport = whole;
      this.transportAt = 0;
      this.transportEnd = this.transportWireEnd = whole.length;
    }
    switch (ip.protocol) {
      case IpProtocol.Tcp:
        return this.tcp.read(this.transport, this.transportAt, this.transportEnd, this.transportWireEnd)
          ? "tcp"
          : "malformed";
      case IpProtocol.Udp:
        return this.#readUdp();
      case IpProtocol.Icmp:
      case IpProtocol.IcmpV6:
        return "icmp";
      default:
        return "other";
    }
  }

  #joinFragment(time: number): Buffer | undefined {
    const { ip } = this;
    // A fragment that was not captured whole cannot be used.
    if (ip.payloadEnd < ip.wireEnd) return undefined;
    const key = `${this.addressKey()}${ip.protocol} ${ip.identification}`;
    const payload = this.bytes.subarray(ip.payloadAt, ip.payloadEnd);
    return this.#fragments.add(key, ip.fragmentAt, payload, !ip.hasMoreFragments, time);
  }

  #readUdp(): PacketKind {
    const { transport: bytes, transportAt: at } = this;
    if (this.transportEnd - at < 8) return "malformed";
    this.sourcePort = bytes.readUInt16BE(at);
    this.targetPort = bytes.readUInt16BE(at + 2);
    const length = bytes.readUInt16BE(at + 4);
    // A length of 0 is a jumbogram's. (RFC 2675)
    if (length !== 0 && length < 8) return "malformed";
    this.payloadAt = at + 8;
    this.payloadLength = length === 0 ? this.transportWireEnd - this.payloadAt : length - 8;
    return "udp";
  }

  /** The payload of UDP as far as it was captured. */
  get payload(): Buffer {
    return this.transport.subarray(
      this.payloadAt,
      Math.min(this.transportEnd, this.payloadAt + this.payloadLength),
    );
  }
}
