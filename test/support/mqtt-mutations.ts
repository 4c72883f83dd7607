import fc from "fast-check";
import { encode } from "../../src/protocol/mqtt/encode.ts";
import type { Version } from "../../src/protocol/mqtt/packet.ts";
import { anyPacket } from "../protocol/mqtt/arbitrary.ts";
import { packet } from "./mqtt-packets.ts";
import type { Random } from "./random.ts";

/** Valid packets of every type, to be mutated. */
export const goodPackets = (version: Version, count: number, seed: number): Buffer[] =>
  fc.sample(anyPacket(version), { numRuns: count, seed }).map((each) => Buffer.from(encode(each)));

/** A valid CONNECT. */
export function goodConnect(version: Version, clientId: string): Buffer {
  if (version === 5) return packet(0x10, "MQTT", [5, 2, 0, 60, 5, 0x11, 0, 0, 0, 1], clientId);
  return packet(0x10, version === 3 ? "MQIsdp" : "MQTT", [version, 2, 0, 60], clientId);
}

type Mutation = (bytes: Buffer, random: Random, all: readonly Buffer[]) => Buffer;

/** A random offset, mostly near the beginning, where lengths and flags are. */
const place = (bytes: Buffer, random: Random) =>
  random.below(random.below(3) === 0 ? Math.max(1, bytes.length) : Math.min(12, Math.max(1, bytes.length)));

const edges = [0x00, 0x01, 0x7f, 0x80, 0xff, 0xc3, 0x23, 0x2b, 0x2f, 0x24];

/** Replaces the remaining length, by a varint that may also be too long. */
const lie: Mutation = (bytes, random) => {
  const header = bytes.subarray(1).findIndex((byte) => byte < 0x80) + 2;
  const claims = [0, 1, 2, bytes.length, bytes.length * 2, 127, 128, 16_383, 2_097_152, 268_435_455];
  let claim =
    random.below(3) === 0 ? Math.max(0, bytes.length - header + random.below(7) - 3) : random.pick(claims);
  const length: number[] = [];
  for (; claim >= 128; claim = Math.floor(claim / 128)) length.push((claim & 127) | 128);
  length.push(claim);
  if (random.below(8) === 0) length.splice(-1, 1, (length.at(-1) ?? 0) | 128, 0); // longer than need be
  return Buffer.concat([bytes.subarray(0, 1), Buffer.from(length), bytes.subarray(header)]);
};

/** Replaces two bytes that look like the length of a string. */
const shift: Mutation = (bytes, random) => {
  const made = Buffer.from(bytes);
  const at = place(bytes, random);
  if (at + 1 < made.length)
    made.writeUInt16BE(random.pick([0, 1, 255, 256, 32_768, 65_535, made.length]), at);
  return made;
};

/** Inserts valid and invalid properties. */
const properties: Mutation = (bytes, random) => {
  const ids = [
    0x01, 0x02, 0x03, 0x08, 0x09, 0x0b, 0x11, 0x15, 0x16, 0x18, 0x1f, 0x21, 0x23, 0x26, 0x27, 0x7f,
  ];
  const list = Array.from({ length: 1 + random.below(4) }, () => [
    random.pick(ids),
    ...random.bytes(random.below(6)),
  ]);
  const at = place(bytes, random);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(list.flat()), bytes.subarray(at)]);
};

const mutations: readonly Mutation[] = [
  (bytes, random) => {
    const made = Buffer.from(bytes);
    for (let turns = 1 + random.below(4); turns > 0; turns--) {
      const at = place(made, random);
      made[at] = (made[at] ?? 0) ^ (1 << random.below(8));
    }
    return made;
  },
  (bytes, random) => {
    const made = Buffer.from(bytes);
    made[place(made, random)] = random.pick(edges);
    return made;
  },
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.below(4))]);
  },
  (bytes, random) => {
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), random.bytes(1 + random.below(5)), bytes.subarray(at)]);
  },
  (bytes, random, all) => {
    const other = random.pick(all);
    return Buffer.concat([bytes.subarray(0, place(bytes, random)), other.subarray(place(other, random))]);
  },
  lie,
  shift,
  properties,
];

/** The input of a hostile client after its CONNECT: packets mutated, duplicated and out of order. */
export function spoiled(good: readonly Buffer[], random: Random): Buffer {
  const said: Buffer[] = [];
  for (let count = 1 + random.below(6); count > 0; count--) {
    const bytes = random.pick(good);
    said.push(random.below(3) === 0 ? bytes : random.pick(mutations)(bytes, random, good));
    if (random.below(5) === 0) said.push(random.pick(said));
  }
  return Buffer.concat(said);
}
