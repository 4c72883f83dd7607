import { internetChecksum } from "./internet-checksum.ts";

/** An end of a packet. */
export interface Endpoint {
  /** 4 bytes, or 16. */
  readonly address: Uint8Array;
  readonly port: number;
}

export interface Segment {
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

const Protocol = { Tcp: 6, Udp: 17 } as const;

/** What each side is said to take before it acknowledges: the most that does without an option. */
export const receiveWindow = 0xffff;

/** An IP packet with a TCP segment; both ends have addresses of one family. */
export function tcpPacket(from: Endpoint, to: Endpoint, segment: Segment): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint32(4, segment.sequence);
  view.setUint32(8, segment.acknowledgement);
  view.setUint8(12, (header.length / 4) << 4);
  view.setUint8(13, segment.flags);
  view.setUint16(14, receiveWindow);
  const { payload } = segment;
  view.setUint16(
    16,
    internetChecksum(pseudoHeader(from, to, Protocol.Tcp, 20 + payload.length), header, payload),
  );
  return ipPacket(from, to, Protocol.Tcp, header, payload);
}

/** An IP packet with a UDP datagram. */
export function udpPacket(from: Endpoint, to: Endpoint, payload: Uint8Array): Uint8Array {
  const header = new Uint8Array(8);
  const view = new DataView(header.buffer);
  const length = header.length + payload.length;
  view.setUint16(0, from.port);
  view.setUint16(2, to.port);
  view.setUint16(4, length);
  const checksum = internetChecksum(pseudoHeader(from, to, Protocol.Udp, length), header, payload);
  // 0 would say that there is none.
  view.setUint16(6, checksum === 0 ? 0xffff : checksum);
  return ipPacket(from, to, Protocol.Udp, header, payload);
}

/** IPv4's has another layout than IPv6's, and the same sum. */
function pseudoHeader(from: Endpoint, to: Endpoint, protocol: number, length: number): Uint8Array {
  const size = from.address.length;
  const bytes = new Uint8Array(2 * size + 4);
  bytes.set(from.address, 0);
  bytes.set(to.address, size);
  const view = new DataView(bytes.buffer);
  view.setUint16(2 * size, protocol);
  view.setUint16(2 * size + 2, length);
  return bytes;
}

function ipPacket(
  from: Endpoint,
  to: Endpoint,
  protocol: number,
  header: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const length = header.length + payload.length;
  const ip =
    from.address.length === 4
      ? ipv4Header(from, to, protocol, length)
      : ipv6Header(from, to, protocol, length);
  const packet = new Uint8Array(ip.length + length);
  packet.set(ip);
  packet.set(header, ip.length);
  packet.set(payload, ip.length + header.length);
  return packet;
}

function ipv4Header(from: Endpoint, to: Endpoint, protocol: number, length: number): Uint8Array {
  const header = new Uint8Array(20);
  const view = new DataView(header.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, header.length + length);
  // Not to be fragmented, so that it needs no number.
  view.setUint16(6, 0x4000);
  view.setUint8(8, 64);
  view.setUint8(9, protocol);
  header.set(from.address, 12);
  header.set(to.address, 16);
  view.setUint16(10, internetChecksum(header));
  return header;
}

function ipv6Header(from: Endpoint, to: Endpoint, protocol: number, length: number): Uint8Array {
  const header = new Uint8Array(40);
  const view = new DataView(header.buffer);
  view.setUint8(0, 0x60);
  view.setUint16(4, length);
  view.setUint8(6, protocol);
  view.setUint8(7, 64);
  header.set(from.address, 8);
  header.set(to.address, 24);
  return header;
}
