import { describe, expect, test } from "bun:test";
import { LinkType } from "../../../src/protocol/capture/frame.ts";
import { PacketView } from "../../../src/protocol/packet/packet-view.ts";
import { ethernet, ipv4, ipv6, tcp, udp, uint16 } from "../../support/packets.ts";

const synOptions = Buffer.from("020405b40402080a0000000700000000010303070000", "hex").subarray(0, 20);
const segment = tcp({ sequence: 7, flags: 2, options: synOptions });

function view(bytes: Buffer, linkType: number = LinkType.Ethernet, into = new PacketView()): PacketView {
  into.read(
    { number: 1, seconds: 0, nanoseconds: 0, linkType, bytes, originalLength: bytes.length, interface: 0 },
    0,
  );
  return into;
}

const cooked = Buffer.concat([Buffer.from("00040001000602420a0b0c0d0000", "hex"), uint16(0x0800)]);
const cooked2 = Buffer.from("0800000000000002000104060242ac1010650000", "hex");

describe("link types", () => {
  const packet = ipv4(segment);
  const frames: readonly [name: string, bytes: Buffer, linkType: number][] = [
    ["Ethernet", ethernet(packet), LinkType.Ethernet],
    ["a VLAN", ethernet(packet, 0x0800, [[0x8100, 101]]), LinkType.Ethernet],
    [
      "QinQ",
      ethernet(packet, 0x0800, [
        [0x88a8, 5],
        [0x8100, 101],
      ]),
      LinkType.Ethernet,
    ],
    ["Linux cooked", Buffer.concat([cooked, packet]), LinkType.LinuxCooked],
    ["Linux cooked 2", Buffer.concat([cooked2, packet]), LinkType.LinuxCooked2],
    ["raw", packet, LinkType.Raw],
    ["BSD's loopback", Buffer.concat([Buffer.from("02000000", "hex"), packet]), LinkType.Null],
    ["OpenBSD's loopback", Buffer.concat([Buffer.from("00000002", "hex"), packet]), LinkType.Loop],
  ];
  for (const [name, bytes, linkType] of frames) {
    test(`${name} leads to the TCP segment`, () => {
      const found = view(bytes, linkType);
      expect(found.kind).toBe("tcp");
      expect([found.source, found.target, found.tcp.targetPort]).toEqual(["10.0.0.1", "10.0.0.2", 1883]);
    });
    test(`${name} that ends anywhere is no crash`, () => {
      for (let end = 0; end < bytes.length; end++) view(bytes.subarray(0, end), linkType);
    });
  }

  test("the outer VLAN and the sender's address are said", () => {
    const found = view(
      ethernet(packet, 0x0800, [
        [0x88a8, 5],
        [0x8100, 101],
      ]),
    );
    expect([found.link.vlan, found.sourceMac]).toEqual([5, "02:42:ac:10:10:66"]);
    expect(view(Buffer.concat([cooked2, packet]), LinkType.LinuxCooked2)).toMatchObject({
      sourceMac: "02:42:ac:10:10:65",
      link: { isOutgoing: true },
    });
  });
});

describe("IP", () => {
  test("options of IPv4 are passed over", () => {
    const found = view(ethernet(ipv4(segment, { options: Buffer.from("94040000", "hex") })));
    expect([found.kind, found.tcp.sequence]).toEqual(["tcp", 7]);
  });

  test("padding behind a short Ethernet frame is no payload", () => {
    const found = view(Buffer.concat([ethernet(ipv4(tcp())), Buffer.alloc(6)]));
    expect([found.kind, found.tcp.length]).toEqual(["tcp", 0]);
  });

  test("IPv6 with hop-by-hop options, and an address as RFC 5952 writes it", () => {
    const hopByHop = Buffer.from("0600050200000000", "hex");
    const found = view(ethernet(ipv6(Buffer.concat([hopByHop, segment]), 0), 0x86dd));
    expect([found.kind, found.source, found.target]).toEqual(["tcp", "fd00::1", "fd00::2"]);
  });

  test("fragments in any order are one datagram, and one that was seen twice does no harm", () => {
    const datagram = udp(Buffer.alloc(3000, "x"));
    const pieces = [0, 1480, 2960].map((at) =>
      ethernet(
        ipv4(datagram.subarray(at, at + 1480), {
          protocol: 17,
          identification: 9,
          fragmentAt: at,
          hasMoreFragments: at < 2960,
        }),
      ),
    );
    const found = new PacketView();
    for (const index of [2, 0, 0])
      expect(view(pieces[index]!, LinkType.Ethernet, found).kind).toBe("fragment");
    expect(view(pieces[1]!, LinkType.Ethernet, found).kind).toBe("udp");
    expect([found.payload.length, found.payload.toString("latin1", 2990)]).toEqual([3000, "x".repeat(10)]);
  });

  test("fragments of IPv6 are joined too", () => {
    const datagram = udp(Buffer.from("sixteen and more bytes"));
    const fragment = (at: number, end: number, more: number) =>
      ethernet(
        ipv6(
          Buffer.concat([
            Buffer.from([17, 0]),
            uint16(at | more),
            Buffer.from([0, 0, 0, 5]),
            datagram.subarray(at, end),
          ]),
          44,
        ),
        0x86dd,
      );
    const found = new PacketView();
    expect(view(fragment(0, 16, 1), LinkType.Ethernet, found).kind).toBe("fragment");
    expect(view(fragment(16, 30, 0), LinkType.Ethernet, found).kind).toBe("udp");
    expect(found.payload.toString()).toBe("sixteen and more bytes");
  });
});

describe("TCP", () => {
  test("the options of a SYN", () => {
    expect(view(ethernet(ipv4(segment))).tcp.options()).toEqual({
      maxSegment: 1460,
      windowScale: 7,
      sackPermitted: true,
      timestamps: true,
    });
  });

  test("a list of options that goes beyond the header is cut off", () => {
    const found = view(ethernet(ipv4(tcp({ flags: 2, options: Buffer.from("0204057803ff0000", "hex") }))));
    expect(found.tcp.options()).toMatchObject({ maxSegment: 1400, windowScale: undefined });
  });

  test("of a packet that was cut by the capture, the length on the wire is known", () => {
    const whole = ethernet(ipv4(tcp({ payload: Buffer.alloc(1000, "y") })));
    const found = new PacketView();
    const frame = { number: 1, seconds: 0, nanoseconds: 0, linkType: 1, interface: 0 };
    found.read({ ...frame, bytes: whole.subarray(0, 96), originalLength: whole.length }, 0);
    expect([found.kind, found.tcp.length, found.tcp.captured]).toEqual(["tcp", 1000, 42]);
  });
});
