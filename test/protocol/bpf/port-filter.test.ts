import { describe, expect, test } from "bun:test";
import { Assembler, Code, filterBytes } from "../../../src/protocol/bpf/assembler.ts";
import { maxPorts, portFilter } from "../../../src/protocol/bpf/port-filter.ts";
import { ipv4, ipv6, tcp, udp, uint16 } from "../../support/packets.ts";
import { type KernelPacket, runFilter } from "./interpreter.ts";

const wanted = { tcp: [1883, 2222], udp: [12_345], hasArp: false, snapLength: 1000 };
const program = portFilter(wanted);
const keeps = (packet: KernelPacket, by = program): number => runFilter(by, packet);

const v4 = (network: Buffer, more: Partial<KernelPacket> = {}): KernelPacket => ({
  network,
  protocol: 0x0800,
  ...more,
});
const v6 = (network: Buffer): KernelPacket => ({ network, protocol: 0x86dd });
const toBroker = tcp({ targetPort: 1883 });
const fromBroker = tcp({ sourcePort: 1883, targetPort: 50_000 });
const elsewhere = tcp({ targetPort: 1884 });
const arp: KernelPacket = { network: Buffer.alloc(28), protocol: 0x0806 };

describe("the ports", () => {
  test("of TCP, to and from them, over IPv4 with options and over IPv6", () => {
    const options = Buffer.from("94040000", "hex");
    for (const segment of [toBroker, fromBroker]) {
      expect(keeps(v4(ipv4(segment)))).toBe(1000);
      expect(keeps(v4(ipv4(segment, { options })))).toBe(1000);
      expect(keeps(v6(ipv6(segment)))).toBe(1000);
    }
    expect(keeps(v4(ipv4(elsewhere)))).toBe(0);
    expect(keeps(v6(ipv6(elsewhere)))).toBe(0);
  });

  test("of UDP are others than those of TCP", () => {
    const payload = Buffer.from("halo");
    expect(keeps(v4(ipv4(udp(payload, 50_000, 12_345), { protocol: 17 })))).toBe(1000);
    expect(keeps(v6(ipv6(udp(payload, 12_345, 50_000), 17)))).toBe(1000);
    expect(keeps(v4(ipv4(udp(payload, 50_000, 1883), { protocol: 17 })))).toBe(0);
    expect(keeps(v4(ipv4(tcp({ targetPort: 12_345 }))))).toBe(0);
  });

  test("as many as fit are found, the first and the last", () => {
    const ports = Array.from({ length: maxPorts }, (_, index) => 10_000 + index);
    const large = portFilter({ ...wanted, tcp: ports, udp: ports });
    for (const port of [10_000, 10_000 + maxPorts - 1]) {
      expect(keeps(v4(ipv4(tcp({ sourcePort: port, targetPort: 1 }))), large)).toBe(1000);
      expect(keeps(v4(ipv4(udp(Buffer.alloc(1), 1, port), { protocol: 17 })), large)).toBe(1000);
    }
    expect(keeps(v4(ipv4(tcp({ targetPort: 10_000 + maxPorts }))), large)).toBe(0);
  });
});

describe("tags", () => {
  test("that the kernel took away do not matter, one that it left is passed over", () => {
    for (const type of [0x8100, 0x88a8]) {
      expect(keeps(v4(ipv4(toBroker), { protocol: type }))).toBe(1000);
      const tagged = Buffer.concat([uint16(101), uint16(0x0800), ipv4(toBroker)]);
      expect(keeps(v4(tagged, { protocol: type }))).toBe(1000);
      const tagged6 = Buffer.concat([uint16(101), uint16(0x86dd), ipv6(toBroker)]);
      expect(keeps(v4(tagged6, { protocol: type }))).toBe(1000);
      expect(keeps(v4(ipv4(elsewhere), { protocol: type }))).toBe(0);
    }
  });
});

describe("others", () => {
  test("fragments other than the first are kept, and of the first the ports decide", () => {
    expect(keeps(v4(ipv4(Buffer.alloc(100), { protocol: 17, fragmentAt: 1480 })))).toBe(1000);
    expect(keeps(v4(ipv4(elsewhere, { hasMoreFragments: true })))).toBe(0);
    expect(keeps(v4(ipv4(toBroker, { hasMoreFragments: true })))).toBe(1000);
  });

  test("ICMP is kept; ARP and neighbour discovery only where they are wanted", () => {
    const icmp = (type: number) => v6(ipv6(Buffer.from([type, 0, 0, 0]), 58));
    expect(keeps(v4(ipv4(Buffer.from([3, 3, 0, 0]), { protocol: 1 })))).toBe(1000);
    expect([keeps(icmp(1)), keeps(icmp(129)), keeps(icmp(135)), keeps(arp)]).toEqual([1000, 1000, 0, 0]);
    const withArp = portFilter({ ...wanted, hasArp: true });
    expect([keeps(icmp(135), withArp), keeps(arp, withArp)]).toEqual([1000, 1000]);
  });

  test("what the loopback sends is left out, what another interface sends is not", () => {
    const packet = ipv4(toBroker);
    expect(keeps(v4(packet, { packetType: 4, hardwareType: 772 }))).toBe(0);
    expect(keeps(v4(packet, { packetType: 0, hardwareType: 772 }))).toBe(1000);
    expect(keeps(v4(packet, { packetType: 4, hardwareType: 1 }))).toBe(1000);
  });

  test("a packet that ends within what the filter looks at is left out", () => {
    const packet = ipv4(toBroker);
    for (let end = 0; end < 22; end++) expect(keeps(v4(packet.subarray(0, end)))).toBe(0);
  });
});

describe("the assembler", () => {
  test("writes struct sock_filter", () => {
    const bytes = filterBytes(
      new Assembler()
        .emit(Code.LoadHalf, -0x1000)
        .branch(Code.JumpIfEqual, 0x86dd, "yes")
        .emit(Code.Return, 0)
        .label("yes")
        .emit(Code.Return, 1)
        .assemble(),
    );
    expect(Buffer.from(bytes).toString("hex")).toBe(
      "2800000000f0ffff" + "15000100dd860000" + "0600000000000000" + "0600000001000000",
    );
  });

  test("refuses a jump to nowhere, backwards, or too far", () => {
    expect(() => new Assembler().jump("x").assemble()).toThrow("There is no label x");
    expect(() => new Assembler().label("x").jump("x").assemble()).toThrow("A jump to x goes over -1");
    const far = new Assembler().branch(Code.JumpIfEqual, 1, "x");
    for (let count = 0; count < 256; count++) far.emit(Code.Return, 0);
    expect(() => far.label("x").emit(Code.Return, 1).assemble()).toThrow("goes over 256 instructions");
  });
});
