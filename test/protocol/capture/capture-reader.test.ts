import { describe, expect, test } from "bun:test";
import { CaptureError } from "../../../src/protocol/capture/capture-error.ts";
import { CaptureReader } from "../../../src/protocol/capture/capture-reader.ts";
import type { CaptureInterface, SectionAbout } from "../../../src/protocol/capture/frame.ts";
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  sectionHeader,
} from "../../../src/protocol/capture/pcapng-writer.ts";
import { pcap } from "../../support/packets.ts";

interface Read {
  readonly frames: {
    number: number;
    seconds: number;
    nanoseconds: number;
    linkType: number;
    text: string;
    originalLength: number;
    interface: number;
    way?: string | undefined;
    comment?: string | undefined;
  }[];
  readonly interfaces: CaptureInterface[];
  readonly sections: SectionAbout[];
  drops: number;
  error: CaptureError | undefined;
}

function read(file: Uint8Array, pieceLength = file.length): Read {
  const found: Read = { frames: [], interfaces: [], sections: [], drops: 0, error: undefined };
  const reader = new CaptureReader({
    frame: ({ bytes, ...frame }) => void found.frames.push({ ...frame, text: bytes.toString("latin1") }),
    interface: (described) => void found.interfaces.push(described),
    section: (about) => void found.sections.push(about),
    drops: (count) => {
      found.drops += count;
    },
  });
  try {
    for (let at = 0; at < file.length; at += pieceLength) {
      // A copy that is overwritten afterwards, because a chunk is its owner's again.
      const piece = Uint8Array.from(file.subarray(at, at + pieceLength));
      reader.read(piece);
      piece.fill(0xee);
    }
    reader.end();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    found.error = error;
  }
  return found;
}

const two = [
  { time: 1_234_567_891, bytes: Buffer.from("one") },
  { time: 2_000_000_000, bytes: Buffer.from("second"), originalLength: 60 },
];

describe("pcap", () => {
  for (const isBigEndian of [false, true])
    for (const isNanoseconds of [false, true]) {
      test(`${isBigEndian ? "big" : "little"} endian, ${isNanoseconds ? "nano" : "micro"}seconds`, () => {
        const { frames, interfaces, error } = read(pcap(two, { isBigEndian, isNanoseconds, linkType: 113 }));
        expect(error).toBeUndefined();
        expect(interfaces).toEqual([{ linkType: 113, snapLength: 262_144 }]);
        expect(frames).toMatchObject([
          { number: 1, seconds: 2, nanoseconds: isNanoseconds ? 234_567_891 : 234_567_000, text: "one" },
          { number: 2, seconds: 3, nanoseconds: 0, linkType: 113, text: "second", originalLength: 60 },
        ]);
      });
    }

  test("a file that ends within a packet gives those before it, and says where it ends", () => {
    const file = pcap(two);
    const { frames, error } = read(file.subarray(0, -2));
    expect(frames.map(({ text }) => text)).toEqual(["one"]);
    expect(error?.message).toBe(
      "The file ends 2 bytes before the end of a packet or block, at byte 43 of the capture",
    );
  });

  test("a packet of an impossible length is damage with its place, and no memory is taken for it", () => {
    const file = pcap(two);
    file.writeUInt32LE(0x7fffffff, 43 + 8);
    const { frames, error } = read(file, 7);
    expect(frames).toHaveLength(1);
    expect(error?.offset).toBe(43);
    expect(error?.message).toContain("A packet cannot have 2147483647 bytes");
  });

  test("what is no capture is named by its first bytes", () => {
    expect(read(Buffer.from("%PDF-1.7 and so on")).error?.message).toContain("it begins with 25504446");
    expect(read(Buffer.alloc(0)).error?.message).toContain("it is empty");
    expect(read(Buffer.from("a")).error?.message).toContain("it begins with 61");
  });
});

const instant = { seconds: 1_795_000_000, nanoseconds: 123_456_789 };
const ours = Buffer.concat([
  sectionHeader("distcli", "the lab"),
  interfaceDescription({ linkType: 1, name: "br-lab", description: "the bridge", snapLength: 0 }),
  interfaceDescription({ linkType: 101, name: "tun0", snapLength: 96 }),
  enhancedPacket({
    ...instant,
    interface: 1,
    bytes: Buffer.from("seven b"),
    originalLength: 100,
    way: "out",
    comment: "halo",
  }),
  enhancedPacket({ ...instant, interface: 0, bytes: Buffer.from("four"), originalLength: 4 }),
  interfaceStatistics(0, instant, { received: 10, dropped: 3 }),
]);

/** A block in either byte order. */
function block(isBig: boolean, type: number, body: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + body.length);
  const write = (value: number, at: number) =>
    isBig ? bytes.writeUInt32BE(value, at) : bytes.writeUInt32LE(value, at);
  write(type, 0);
  write(bytes.length, 4);
  body.copy(bytes, 8);
  write(bytes.length, bytes.length - 4);
  return bytes;
}

const bigSection = block(true, 0x0a0d0d0a, Buffer.from("1a2b3c4d00010000ffffffffffffffff", "hex"));

describe("pcapng", () => {
  test("reads what the writer wrote", () => {
    const { frames, interfaces, sections, drops, error } = read(ours);
    expect(error).toBeUndefined();
    expect(sections).toEqual([{ format: "pcapng", application: "distcli", comment: "the lab" }]);
    expect(interfaces).toEqual([
      { linkType: 1, name: "br-lab", description: "the bridge", snapLength: 0 },
      { linkType: 101, name: "tun0", snapLength: 96 },
    ]);
    expect(frames).toEqual([
      {
        ...instant,
        number: 1,
        linkType: 101,
        text: "seven b",
        originalLength: 100,
        interface: 1,
        way: "out",
        comment: "halo",
      },
      { ...instant, number: 2, linkType: 1, text: "four", originalLength: 4, interface: 0 },
    ]);
    expect(drops).toBe(3);
  });

  test("a section of the other byte order follows, with interfaces of its own and 10^-6 s", () => {
    const second = Buffer.concat([
      bigSection,
      block(true, 1, Buffer.from("0071000000000060", "hex")),
      // 2 s and 5 microseconds, in microseconds: 0x1e8485
      block(true, 6, Buffer.from("0000000000000000001e84850000000300000003616263ff", "hex")),
    ]);
    const { frames, error } = read(Buffer.concat([ours, second]));
    expect(error).toBeUndefined();
    expect(frames[2]).toMatchObject({
      number: 3,
      seconds: 2,
      nanoseconds: 5000,
      linkType: 113,
      text: "abc",
      interface: 2,
    });
  });

  test("a Simple Packet Block is as long as the interface's snap length has it", () => {
    const file = Buffer.concat([
      bigSection,
      block(true, 1, Buffer.from("0001000000000005", "hex")),
      block(true, 3, Buffer.from("00000064616263646500ffff", "hex")),
    ]);
    expect(read(file).frames).toMatchObject([{ text: "abcde", originalLength: 100 }]);
  });

  test("a block of an unknown type is passed over, also one that is larger than any packet", () => {
    const large = block(false, 0x0bad, Buffer.alloc(3_000_000));
    const [head, rest] = [ours.subarray(0, ours.readUInt32LE(4)), ours.subarray(ours.readUInt32LE(4))];
    for (const pieceLength of [1000, 4_000_000]) {
      const { frames, error } = read(Buffer.concat([head, large, rest]), pieceLength);
      expect(error).toBeUndefined();
      expect(frames).toHaveLength(2);
    }
  });

  test("lengths that do not agree are damage", () => {
    const file = Buffer.from(ours);
    file.writeUInt32LE(16, ours.length - 4);
    expect(read(file).error?.message).toContain("ends with 16: the file is damaged");
  });

  test("a packet of an interface that does not exist is damage", () => {
    const file = Buffer.concat([
      sectionHeader("x"),
      enhancedPacket({ ...instant, interface: 7, bytes: Buffer.from("four"), originalLength: 4 }),
    ]);
    expect(read(file).error?.message).toContain("A packet is of interface 7, and the section has 0");
  });
});

describe("any capture", () => {
  const files = { pcap: pcap(two), pcapng: ours };
  for (const [name, file] of Object.entries(files)) {
    test(`${name} in pieces of any length is the same`, () => {
      const whole = read(file);
      for (let length = 1; length < 70; length++) expect(read(file, length)).toEqual(whole);
    });

    test(`${name} that ends anywhere gives a beginning of its packets, and an error unless a packet ends there`, () => {
      const whole = read(file);
      for (let end = 0; end < file.length; end++) {
        const { frames, error } = read(file.subarray(0, end));
        expect(frames).toEqual(whole.frames.slice(0, frames.length));
        if (error !== undefined) expect(error.message).toMatch(/at byte \d+ of the capture$/);
        else expect(end).toBeGreaterThan(20);
      }
    });

    test(`${name} with any byte changed is read, or is an error with its place`, () => {
      for (let at = 0; at < file.length; at++)
        for (const value of [0, 1, 0x7f, 0xff]) {
          const damaged = Buffer.from(file);
          damaged[at] = value;
          const { error } = read(damaged);
          if (error !== undefined) expect(error.offset).toBeLessThanOrEqual(file.length);
        }
    });
  }
});
