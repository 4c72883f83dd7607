import { Assembler, Code, type Instruction } from "./assembler.ts";

export interface PortFilter {
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
  /** Also ARP, and IPv6's neighbour discovery, which is the same in IPv6. */
  readonly hasArp: boolean;
  /** Bytes that are kept of each packet. */
  readonly snapLength: number;
}

/** So many ports of each transport fit between the jumps of a filter. */
export const maxPorts = 100;

/** Loads from here on are from the network layer's header, whatever link is below it. (SKF_NET_OFF) */
export const networkOffset = -0x10_0000;
/** Loads from here on are what the kernel knows of the packet. (SKF_AD_OFF) */
const ancillary = -0x1000;
export const Ancillary = {
  /** The EtherType. */
  Protocol: ancillary + 0,
  /** 4: this machine sends it. */
  PacketType: ancillary + 4,
  /** The kind of link. (ARPHRD_) */
  HardwareType: ancillary + 28,
} as const;

const outgoing = 4;
const loopback = 772;
const etherType = { ipv4: 0x0800, arp: 0x0806, ipv6: 0x86dd, vlan: 0x8100, serviceVlan: 0x88a8 } as const;
const protocol = { icmp: 1, tcp: 6, udp: 17, routing: 43, fragment: 44, icmp6: 58, options: 60 } as const;
/** Router and neighbour solicitations and advertisements; below are errors, echoes and multicast listeners. */
const firstNeighbourType = 133;

/**
 * A filter that the kernel runs on each packet: TCP and UDP from or to the ports, over IPv4 or IPv6, with a VLAN tag or
 * without, on any link; ICMP, which reports what could not be delivered; and fragments other than the first, whose ports
 * cannot be seen. What a loopback sends is left out: it comes in again.
 */
export function portFilter(wanted: PortFilter): Instruction[] {
  const program = new Assembler();
  skipLoopbackTwins(program);
  chooseNetwork(program, wanted.hasArp);
  ipv4(program);
  ipv6(program, wanted.hasArp);
  ports(program, "tcp", wanted.tcp, wanted.snapLength);
  ports(program, "udp", wanted.udp, wanted.snapLength);
  program.label("accept").emit(Code.Return, wanted.snapLength);
  return program.label("reject").emit(Code.Return, 0).assemble();
}

function skipLoopbackTwins(program: Assembler): void {
  program
    .emit(Code.LoadByte, Ancillary.PacketType)
    .branch(Code.JumpIfEqual, outgoing, undefined, "network")
    .emit(Code.LoadHalf, Ancillary.HardwareType)
    .branch(Code.JumpIfEqual, loopback, "reject loopback", "network")
    .label("reject loopback")
    .emit(Code.Return, 0);
}

/** X becomes the place of the IP header behind the network offset: 0, or 4 behind a tag that the kernel left there. */
function chooseNetwork(program: Assembler, hasArp: boolean): void {
  program
    .label("network")
    .emit(Code.LoadIndex, 0)
    .emit(Code.LoadHalf, Ancillary.Protocol)
    .branch(Code.JumpIfEqual, etherType.ipv4, "ipv4")
    .branch(Code.JumpIfEqual, etherType.ipv6, "to ipv6")
    .branch(Code.JumpIfEqual, etherType.arp, hasArp ? "to accept" : "to reject")
    .branch(Code.JumpIfEqual, etherType.vlan, "tagged")
    .branch(Code.JumpIfEqual, etherType.serviceVlan, "tagged", "to reject")
    .label("tagged")
    .emit(Code.LoadHalf, networkOffset + 2)
    .branch(Code.JumpIfEqual, etherType.ipv4, "inner")
    .branch(Code.JumpIfEqual, etherType.ipv6, "inner", "version")
    .label("inner")
    .emit(Code.LoadIndex, 4)
    .label("version")
    .emit(Code.LoadByteIndexed, networkOffset)
    .emit(Code.And, 0xf0)
    .branch(Code.JumpIfEqual, 0x40, "ipv4")
    .branch(Code.JumpIfEqual, 0x60, "to ipv6", "to reject")
    .label("to ipv6")
    .jump("ipv6")
    .label("to accept")
    .jump("accept")
    .label("to reject")
    .jump("reject");
}

function ipv4(program: Assembler): void {
  program
    .label("ipv4")
    .emit(Code.LoadByteIndexed, networkOffset + 9)
    .branch(Code.JumpIfEqual, protocol.icmp, "ipv4 accept")
    .branch(Code.JumpIfEqual, protocol.tcp, "ipv4 fragment")
    .branch(Code.JumpIfEqual, protocol.udp, "ipv4 fragment", "ipv4 reject")
    .label("ipv4 fragment")
    .emit(Code.LoadHalfIndexed, networkOffset + 6)
    .branch(Code.JumpIfAnyBit, 0x1fff, "ipv4 accept")
    .emit(Code.LoadByteIndexed, networkOffset + 9)
    .branch(Code.JumpIfEqual, protocol.tcp, "ipv4 tcp");
  behindHeader(program).jump("udp ports").label("ipv4 tcp");
  behindHeader(program)
    .jump("tcp ports")
    .label("ipv4 accept")
    .jump("accept")
    .label("ipv4 reject")
    .jump("reject");
}

/** X becomes the place behind the IPv4 header, whose length is in units of four bytes. */
const behindHeader = (program: Assembler): Assembler =>
  program
    .emit(Code.LoadByteIndexed, networkOffset)
    .emit(Code.And, 0x0f)
    .emit(Code.ShiftLeft, 2)
    .emit(Code.AddIndex, 0)
    .emit(Code.ToIndex, 0);

function ipv6(program: Assembler, hasArp: boolean): void {
  program
    .label("ipv6")
    .emit(Code.LoadByteIndexed, networkOffset + 6)
    .branch(Code.JumpIfEqual, protocol.tcp, "ipv6 tcp")
    .branch(Code.JumpIfEqual, protocol.udp, "ipv6 udp")
    .branch(Code.JumpIfEqual, protocol.icmp6, "icmp6")
    // Their ports lie behind headers of any length: rare enough to be taken all.
    .branch(Code.JumpIfEqual, protocol.fragment, "ipv6 accept")
    .branch(Code.JumpIfEqual, protocol.routing, "ipv6 accept")
    .branch(Code.JumpIfEqual, protocol.options, "ipv6 accept", "ipv6 reject")
    .label("icmp6")
    .emit(Code.LoadByteIndexed, networkOffset + 40)
    .branch(Code.JumpIfGreaterOrEqual, firstNeighbourType, hasArp ? "ipv6 accept" : "ipv6 reject")
    .label("ipv6 accept")
    .jump("accept")
    .label("ipv6 reject")
    .jump("reject")
    .label("ipv6 tcp");
  behindIpv6(program).jump("tcp ports").label("ipv6 udp");
  behindIpv6(program).jump("udp ports");
}

/** Of its fixed length. A = 40; A += X; X = A. */
const behindIpv6 = (program: Assembler): Assembler =>
  program.emit(Code.And, 0).emit(Code.Add, 40).emit(Code.AddIndex, 0).emit(Code.ToIndex, 0);

/** Both ports are compared. Each list has its own ends, because a condition jumps over 255 instructions at most. */
function ports(
  program: Assembler,
  transport: "tcp" | "udp",
  wanted: readonly number[],
  snapLength: number,
): void {
  const found = `${transport} found`;
  program.label(`${transport} ports`).emit(Code.LoadHalfIndexed, networkOffset);
  for (const port of wanted) program.branch(Code.JumpIfEqual, port, found);
  program.emit(Code.LoadHalfIndexed, networkOffset + 2);
  for (const port of wanted) program.branch(Code.JumpIfEqual, port, found);
  program.emit(Code.Return, 0).label(found).emit(Code.Return, snapLength);
}
