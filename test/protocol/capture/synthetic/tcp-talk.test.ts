import { describe, expect, test } from "bun:test";
import { PacketBlocks } from "../../../../src/protocol/capture/packet-blocks.ts";
import { endpointsOf } from "../../../../src/protocol/capture/synthetic/endpoints.ts";
import { IncreasingTime } from "../../../../src/protocol/capture/synthetic/increasing-time.ts";
import { byteSum, checksumOf } from "../../../../src/protocol/capture/synthetic/internet-checksum.ts";
import {
  type Datagram,
  type Segment,
  tcpPacketSize,
  udpPacketSize,
  writeTcpPacket,
  writeUdpPacket,
} from "../../../../src/protocol/capture/synthetic/ip-packet.ts";
import { maxSegment, TcpTalk } from "../../../../src/protocol/capture/synthetic/tcp-talk.ts";

const ends = endpointsOf("127.0.0.1:1883", "127.0.0.1:40000")!;
const first = 1000;

const blocks = new PacketBlocks(new Uint8Array(256 * 1024));

/** As it is behind other packets, in memory that had others before. */
function bytesOf<Packet extends Datagram>(
  packet: Packet,
  sizeOf: (packet: Packet) => number,
  write: (blocks: PacketBlocks, at: number, packet: Packet) => void,
): Uint8Array {
  blocks.bytes.fill(0xee);
  blocks.clear();
  blocks.add(0, "in", { seconds: 1, nanoseconds: 2 }, 3);
  const at = blocks.add(0, packet.way, { seconds: 1, nanoseconds: 3 }, sizeOf(packet));
  write(blocks, at, packet);
  return blocks.bytes.slice(at, at + sizeOf(packet));
}

const tcpBytes = (segment: Segment) => bytesOf(segment, tcpPacketSize, writeTcpPacket);

const internetChecksum = (...parts: readonly Uint8Array[]) =>
  checksumOf(parts.reduce((sum, part) => sum + byteSum(part), 0));

const flagNames = ["F", "S", "R", "P", "A"];

/** Way, flags, sequence and acknowledgement from the first byte, and length of each packet. */
const shown = (packets: readonly Segment[]): string[] =>
  packets.map((packet) => {
    const { way } = packet;
    const bytes = tcpBytes(packet);
    const view = new DataView(bytes.buffer);
    const flags = flagNames.filter((_, bit) => (view.getUint8(33) & (1 << bit)) !== 0).join("");
    const ack = view.getUint32(28) === 0 ? "-" : (view.getUint32(28) - first) | 0;
    return `${way} ${flags} ${(view.getUint32(24) - first) | 0} ${ack} ${bytes.length - 40}`;
  });

test("a connection from its handshake to its end", () => {
  const talk = new TcpTalk(ends, first);
  const packets = [
    ...talk.open(),
    ...talk.send("in", Buffer.from("halo")),
    ...talk.send("out", Buffer.from("Echo: halo")),
    ...talk.close({ first: "in", isReset: false }),
  ];
  expect(shown(packets)).toEqual([
    "in S -1 - 0",
    "out SA -1 0 0",
    "in A 0 0 0",
    "in PA 0 0 4",
    "out PA 0 4 10",
    "in FA 4 10 0",
    "out FA 10 5 0",
    "in A 5 11 0",
  ]);
});

test("one that was open before has no handshake, and a reset ends it at once", () => {
  const talk = new TcpTalk(ends, first);
  expect(
    shown([...talk.send("out", Buffer.from("suhu")), ...talk.close({ first: "out", isReset: true })]),
  ).toEqual(["out PA 0 0 4", "out RA 4 0 0"]);
});

test("many bytes are several segments, and no more are on their way than the window takes", () => {
  const talk = new TcpTalk(ends, first);
  expect(shown(talk.send("in", Buffer.alloc(2 * maxSegment + 1)))).toEqual([
    "in A 0 0 65000",
    "out A 0 65000 0",
    "in A 65000 0 65000",
    "in PA 130000 0 1",
  ]);
});

test("a side that ends first is acknowledged, and the other one goes on", () => {
  const talk = new TcpTalk(ends, first);
  const packets = [
    ...talk.open(),
    ...talk.send("in", Buffer.from("halo"), 0),
    ...talk.halfClose("in", 4),
    ...talk.send("out", Buffer.from("Echo: halo"), 0),
    ...talk.close({ first: "in", isReset: false, lengths: { in: 4, out: 10 } }),
  ];
  expect(shown(packets).slice(3)).toEqual([
    "in PA 0 0 4",
    "in FA 4 0 0",
    "out A 0 5 0",
    "out PA 0 5 10",
    "out FA 10 5 0",
    "in A 5 11 0",
  ]);
});

test("a FIN is behind the last bytes of its side, which may be told of later", () => {
  const talk = new TcpTalk(ends, first);
  talk.open();
  expect(talk.halfClose("in", 4)).toEqual([]);
  expect(shown(talk.send("in", Buffer.from("ha"), 0))).toEqual(["in PA 0 0 2"]);
  expect(shown(talk.send("in", Buffer.from("lo"), 2))).toEqual(["in PA 2 0 2", "in FA 4 0 0", "out A 0 5 0"]);
});

test("where the other side's FIN never comes there is none, and a service that sends none resets the connection", () => {
  const ended = (by: "in" | "out") => {
    const talk = new TcpTalk(ends, first);
    talk.send(by, Buffer.from("halo"));
    return shown([
      ...talk.halfClose(by),
      ...talk.close({ first: by, isReset: false, isHalfClosed: true, lengths: { in: 4, out: 4 } }),
    ]);
  };
  expect(ended("out")).toEqual(["out FA 4 0 0", "in A 0 5 0"]);
  expect(ended("in")).toEqual(["in FA 4 0 0", "out A 0 5 0", "out RA 0 5 0"]);
});

test("where nobody knows how long a stream is, nothing of it comes behind its FIN", () => {
  const talk = new TcpTalk(ends, first);
  talk.open();
  const packets = [
    ...talk.send("in", Buffer.from("halo")),
    ...talk.halfClose("in"),
    ...talk.send("in", Buffer.from("ya")),
    ...talk.close({ first: "in", isReset: false }),
  ];
  expect(shown(packets)).toEqual(["in PA 0 0 4", "in PA 4 0 2", "in FA 6 0 0", "out FA 0 7 0", "in A 7 1 0"]);
});

test("bytes that are missing take their numbers, before others and at the end", () => {
  const talk = new TcpTalk(ends, first);
  talk.open();
  const packets = [
    ...talk.send("in", Buffer.from("halo"), 100),
    ...talk.send("out", Buffer.from("ya"), 0),
    ...talk.send("in", Buffer.from("lagi"), 100_000),
    ...talk.close({ first: "in", isReset: false, lengths: { in: 100_010, out: 2 } }),
  ];
  expect(shown(packets)).toEqual([
    "in PA 100 0 4",
    "out PA 0 104 2",
    "in PA 100000 2 4",
    "in FA 100010 2 0",
    "out FA 2 100011 0",
    "in A 100011 3 0",
  ]);
});

test("of a connection that was open before, what it had sent is not missing, and what is left out later is", () => {
  const talk = new TcpTalk(ends, first);
  const packets = [
    ...talk.send("in", Buffer.from("halo"), 5000),
    ...talk.send("in", Buffer.from("ya"), 5014),
  ];
  expect(shown(packets)).toEqual(["in PA 0 0 4", "in PA 14 0 2"]);
});

test("numbers go on from zero after the last one", () => {
  const talk = new TcpTalk(ends, 0xffff_fffe);
  const [one, two] = [...talk.send("in", Buffer.from("halo")), ...talk.send("out", Buffer.from("ya"))];
  expect(new DataView(tcpBytes(one!).buffer).getUint32(24)).toBe(0xffff_fffe);
  expect(new DataView(tcpBytes(two!).buffer).getUint32(28)).toBe(2);
});

describe("checksums", () => {
  test("the example of RFC 1071, and an odd length", () => {
    // With the lower byte first, as it is stored.
    expect(internetChecksum(Uint8Array.of(0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(0x0d22);
    expect(internetChecksum(Uint8Array.of(1, 2, 3))).toBe(
      internetChecksum(Uint8Array.of(1, 2), Uint8Array.of(3, 0)),
    );
  });

  test("a receiver's sum over an IPv4 header, and over IPv6 with UDP, is right", () => {
    const [segment] = new TcpTalk(ends, first).send("in", Buffer.from("x"));
    const packet = tcpBytes(segment!);
    expect(internetChecksum(packet.subarray(0, 20))).toBe(0);
    const pseudo4 = Buffer.concat([packet.subarray(12, 20), Uint8Array.of(0, 6, 0, 21)]);
    expect(internetChecksum(pseudo4, packet.subarray(20))).toBe(0);
    const { service, peer } = endpointsOf("[::1]:5000", "[::1]:6000")!;
    const datagram = { way: "in", from: peer, to: service, payload: Buffer.from("halo!") } as const;
    const bytes = bytesOf(datagram, udpPacketSize, writeUdpPacket);
    const pseudo = Buffer.concat([bytes.subarray(8, 40), Uint8Array.of(0, 17, 0, 13)]);
    expect(bytes.length).toBe(40 + 8 + 5);
    expect(internetChecksum(pseudo, bytes.subarray(40))).toBe(0);
  });
});

describe("ends", () => {
  const hex = (local: string, remote: string) => {
    const found = endpointsOf(local, remote);
    return (
      found &&
      [found.service, found.peer].map(
        ({ address, port }) => `${Buffer.from(address).toString("hex")} ${port}`,
      )
    );
  };

  test("IPv4, and IPv6 in each way of writing it", () => {
    expect(hex("10.0.0.1:80", "10.0.0.2:4000")).toEqual(["0a000001 80", "0a000002 4000"]);
    const peer = "20010db8000000000000000000000001";
    expect(hex("[2001:db8::1]:80", "[2001:db8:0:0:0:0:0:1]:1")).toEqual([`${peer} 80`, `${peer} 1`]);
    expect(hex("[fe80::1%lo]:80", "[::7]:1")).toEqual([
      "fe800000000000000000000000000001 80",
      "00000000000000000000000000000007 1",
    ]);
  });

  test("a service on all addresses was met on the peer's own, or on one that is not known", () => {
    expect(hex("0.0.0.0:80", "127.0.0.1:1")).toEqual(["7f000001 80", "7f000001 1"]);
    expect(hex("[::]:80", "10.0.0.2:1")).toEqual(["00000000 80", "0a000002 1"]);
  });

  test("what is no address has none", () => {
    for (const remote of ["", "/run/mqtt.sock", "ani:1", "10.0.0.1:99999", "[::1]:80"])
      expect(endpointsOf("10.0.0.1:80", remote)).toBeUndefined();
  });
});

test("times are each later than the one before, also when the clock stands or is put back", () => {
  const time = new IncreasingTime();
  const at = [5000.5, 5000.5, 4000, 6000].map((now) => time.next(now));
  expect(at).toEqual([
    { seconds: 5, nanoseconds: 500_000 },
    { seconds: 5, nanoseconds: 500_001 },
    { seconds: 5, nanoseconds: 500_002 },
    { seconds: 6, nanoseconds: 0 },
  ]);
});
