import type { Way } from "../frame.ts";
import type { PacketBlocks } from "../packet-blocks.ts";
import { byteSum, checksumOf, numberSum, wordSum } from "./internet-checksum.ts";

/** An end of a packet. */
export interface Endpoint {
  /** 4 bytes, or 16. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** What an IP packet is made of; both ends have addresses of one family. */
export interface Datagram {
  /** As the service sees it. */
  readonly way: Way;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly payload: Uint8Array;
}

export interface Segment extends Datagram {
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: number;
}

const Protocol = { Tcp: 6, Udp: 17 } as const;

const [tcpHeaderSize, udpHeaderSize] = [20, 8];

/** What each side is said to take before it acknowledges: the most that does without an option. */
export const receiveWindow = 0xffff;

const ipHeaderSize = ({ from }: Datagram): number => (from.address.length === 4 ? 20 : 40);

export const tcpPacketSize = (segment: Segment): number =>
  ipHeaderSize(segment) + tcpHeaderSize + segment.payload.length;

export const udpPacketSize = (datagram: Datagram): number =>
  ipHeaderSize(datagram) + udpHeaderSize + datagram.payload.length;

/** Writes an IP packet with a TCP segment. */
export function writeTcpPacket(blocks: PacketBlocks, at: number, segment: Segment): void {
  const { view } = blocks;
  const { payload } = segment;
  const length = tcpHeaderSize + payload.length;
  const tcp = writeIpHeader(blocks, at, segment, Protocol.Tcp, length);
  view.setUint16(tcp, segment.from.port);
  view.setUint16(tcp + 2, segment.to.port);
  view.setUint32(tcp + 4, segment.sequence);
  view.setUint32(tcp + 8, segment.acknowledgement);
  view.setUint8(tcp + 12, (tcpHeaderSize / 4) << 4);
  view.setUint8(tcp + 13, segment.flags);
  view.setUint16(tcp + 14, receiveWindow);
  // The checksum, while it is counted, and the urgent pointer.
  view.setUint32(tcp + 16, 0);
  blocks.bytes.set(payload, tcp + tcpHeaderSize);
  view.setUint16(tcp + 16, checksum(blocks, tcp, segment, Protocol.Tcp, length), true);
}

/** Writes an IP packet with a UDP datagram. */
export function writeUdpPacket(blocks: PacketBlocks, at: number, datagram: Datagram): void {
  const { view } = blocks;
  const { payload } = datagram;
  const length = udpHeaderSize + payload.length;
  const udp = writeIpHeader(blocks, at, datagram, Protocol.Udp, length);
  view.setUint16(udp, datagram.from.port);
  view.setUint16(udp + 2, datagram.to.port);
  view.setUint16(udp + 4, length);
  view.setUint16(udp + 6, 0);
  blocks.bytes.set(payload, udp + udpHeaderSize);
  const sum = checksum(blocks, udp, datagram, Protocol.Udp, length);
  // 0 would say that there is none.
  view.setUint16(udp + 6, sum === 0 ? 0xffff : sum, true);
}

/** Of TCP and UDP, with the addresses [RFC 9293, section 3.1]; IPv6's pseudo header has the same sum as IPv4's. */
function checksum(
  { words }: PacketBlocks,
  at: number,
  { from, to }: Datagram,
  protocol: number,
  length: number,
): number {
  const pseudo = byteSum(from.address) + byteSum(to.address) + numberSum(protocol) + numberSum(length);
  return checksumOf(pseudo + wordSum(words, at >> 2, (at + length + 3) >> 2));
}

/** @returns where what it carries has to be written */
function writeIpHeader(
  blocks: PacketBlocks,
  at: number,
  datagram: Datagram,
  protocol: number,
  length: number,
): number {
  const write = datagram.from.address.length === 4 ? writeIpv4Header : writeIpv6Header;
  return write(blocks, at, datagram, protocol, length);
}

function writeIpv4Header(
  { bytes, view, words }: PacketBlocks,
  at: number,
  { from, to }: Datagram,
  protocol: number,
  length: number,
): number {
  const end = at + 20;
  view.setUint16(at, 0x4500);
  view.setUint16(at + 2, 20 + length);
  // Not to be fragmented, so that it needs no number.
  view.setUint32(at + 4, 0x4000);
  view.setUint8(at + 8, 64);
  view.setUint8(at + 9, protocol);
  view.setUint16(at + 10, 0);
  bytes.set(from.address, at + 12);
  bytes.set(to.address, at + 16);
  view.setUint16(at + 10, checksumOf(wordSum(words, at >> 2, end >> 2)), true);
  return end;
}

function writeIpv6Header(
  { bytes, view }: PacketBlocks,
  at: number,
  { from, to }: Datagram,
  protocol: number,
  length: number,
): number {
  view.setUint32(at, 0x6000_0000);
  view.setUint16(at + 4, length);
  view.setUint8(at + 6, protocol);
  view.setUint8(at + 7, 64);
  bytes.set(from.address, at + 8);
  bytes.set(to.address, at + 24);
  return at + 40;
}
