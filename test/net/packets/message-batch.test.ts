import { describe, expect, test } from "bun:test";
import { MessageBatch } from "../../../src/net/packets/message-batch.ts";
import { ethernet, ipv4, tcp } from "../../support/packets.ts";

// Where the kernel writes in a batch of one packet.
const addressAt = 80;
const controlAt = 112;
const dataAt = 248;

/** struct cmsghdr and what follows it, padded. */
function control(level: number, type: number, data: Buffer): Buffer {
  const bytes = Buffer.alloc(16 + ((data.length + 7) & ~7));
  bytes.writeBigUInt64LE(BigInt(16 + data.length), 0);
  bytes.writeInt32LE(level, 8);
  bytes.writeInt32LE(type, 12);
  data.copy(bytes, 16);
  return bytes;
}

/** struct tpacket_auxdata */
function auxiliary(status: number, length: number, tag: number, protocol: number): Buffer {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt32LE(status, 0);
  bytes.writeUInt32LE(length, 4);
  bytes.writeUInt16LE(tag, 16);
  bytes.writeUInt16LE(protocol, 18);
  return control(263, 8, bytes);
}

function received(frame: Buffer, ...controls: Buffer[]): MessageBatch {
  const batch = new MessageBatch(1, 2000);
  batch.prepare();
  const memory = Buffer.from(batch.memory.buffer);
  const all = Buffer.concat(controls);
  memory.writeBigUInt64LE(BigInt(all.length), 40);
  memory.writeUInt32LE(frame.length, 56);
  Buffer.from("1100080007000000010004060242ac101065", "hex").copy(memory, addressAt);
  all.copy(memory, controlAt);
  frame.copy(memory, dataAt);
  return batch;
}

const time = control(1, 35, Buffer.from("d202964900000000" + "15cd5b0700000000", "hex"));
const frame = ethernet(ipv4(tcp()));

describe("a packet", () => {
  test("has the kernel's time, its interface, its way, and its length on the wire", () => {
    const packet = received(frame, auxiliary(1, 9000, 0, 0), time).read(0);
    expect(Buffer.from(packet.bytes).equals(frame)).toBeTrue();
    expect(packet).toMatchObject({
      seconds: 1_234_567_890,
      nanoseconds: 123_456_789,
      interface: 7,
      hardwareType: 1,
      isOutgoing: true,
      originalLength: 9000,
    });
  });

  test("gets back the tag that the kernel took out of it, also one of a service provider", () => {
    for (const [status, protocol, type] of [
      [0x11, 0, 0x8100],
      [0x51, 0x88a8, 0x88a8],
    ] as const) {
      const packet = received(frame, auxiliary(status, frame.length, 0x2065, protocol)).read(0);
      const tagged = ethernet(ipv4(tcp()), 0x0800, [[type, 0x2065]]);
      expect(Buffer.from(packet.bytes).toString("hex")).toBe(tagged.toString("hex"));
      expect(packet.originalLength).toBe(tagged.length);
    }
  });

  test("with control data that makes no sense is still there", () => {
    for (const length of [0n, 3n, 1n << 40n]) {
      const broken = Buffer.from(time);
      broken.writeBigUInt64LE(length, 0);
      expect(received(frame, broken).read(0)).toMatchObject({ seconds: 0, originalLength: frame.length });
    }
  });
});
