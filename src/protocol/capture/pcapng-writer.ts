import type { Instant, Way } from "./frame.ts";
import { BlockType, byteOrderMagic, StatisticsOption } from "./pcapng-format.ts";

/** Options by their code. */
type Options = readonly (readonly [code: number, value: Uint8Array | undefined])[];

export interface WrittenInterface {
  readonly linkType: number;
  readonly name: string;
  readonly description?: string | undefined;
  readonly snapLength: number;
}

export interface WrittenPacket extends Instant {
  /** The position of its interface. */
  readonly interface: number;
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  readonly way?: Way | undefined;
  readonly comment?: string | undefined;
}

const encoder = new TextEncoder();
const text = (value: string | undefined): Uint8Array | undefined =>
  value === undefined ? undefined : encoder.encode(value).subarray(0, 0xffff);

/** Time is written in nanoseconds. */
const nanoseconds = Uint8Array.of(9);

/** The block that begins a file. */
export function sectionHeader(application: string, comment?: string): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, byteOrderMagic, true);
  view.setUint16(4, 1, true);
  // The length of the section is not known beforehand.
  view.setBigInt64(8, -1n, true);
  const about: Options = [
    [1, text(comment)],
    [4, text(application)],
  ];
  return block(BlockType.Section, body, about);
}

export function interfaceDescription(described: WrittenInterface): Uint8Array {
  const body = new Uint8Array(8);
  const view = new DataView(body.buffer);
  view.setUint16(0, described.linkType, true);
  view.setUint32(4, described.snapLength, true);
  return block(BlockType.Interface, body, [
    [2, text(described.name)],
    [3, text(described.description)],
    [9, nanoseconds],
  ]);
}

export function enhancedPacket(packet: WrittenPacket): Uint8Array {
  const { bytes } = packet;
  const body = new Uint8Array(20 + padded(bytes.length));
  const view = new DataView(body.buffer);
  view.setUint32(0, packet.interface, true);
  setTime(view, 4, packet);
  view.setUint32(12, bytes.length, true);
  view.setUint32(16, packet.originalLength, true);
  body.set(bytes, 20);
  return block(BlockType.EnhancedPacket, body, [
    [1, text(packet.comment)],
    [2, packet.way === undefined ? undefined : Uint8Array.of(packet.way === "in" ? 1 : 2, 0, 0, 0)],
  ]);
}

/** What the system counted until `at`: packets that passed its filter, and those it lost. */
export function interfaceStatistics(
  index: number,
  at: Instant,
  counts: { readonly received: number; readonly dropped: number },
): Uint8Array {
  const body = new Uint8Array(12);
  const view = new DataView(body.buffer);
  view.setUint32(0, index, true);
  setTime(view, 4, at);
  return block(BlockType.InterfaceStatistics, body, [
    [4, uint64(counts.received)],
    [StatisticsOption.InterfaceDrops, uint64(counts.dropped)],
  ]);
}

/** A list of names with none in it, which readers pass over: the shortest block that may stand anywhere. */
export const emptyBlock = (): Uint8Array => block(BlockType.NameResolution, new Uint8Array(4), []);

function uint64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}

/** The upper half comes first, in either byte order. Without BigInt, which would be most of what a packet costs. */
export function setTime(view: DataView, at: number, { seconds, nanoseconds: fraction }: Instant): void {
  // As 2^16 times the upper part and the lower one, each of which a double holds exactly.
  const upper = Math.floor(seconds / 2 ** 16) * 1e9;
  const lower = (seconds % 2 ** 16) * 1e9 + fraction + (upper % 2 ** 16) * 2 ** 16;
  view.setUint32(at, Math.floor(upper / 2 ** 16) + Math.floor(lower / 2 ** 32), true);
  view.setUint32(at + 4, lower % 2 ** 32, true);
}

const padded = (length: number): number => (length + 3) & ~3;

function block(type: number, body: Uint8Array, options: Options): Uint8Array {
  const present = options.filter(
    (option): option is readonly [number, Uint8Array] => option[1] !== undefined,
  );
  let optionsLength = present.length === 0 ? 0 : 4;
  for (const [, value] of present) optionsLength += 4 + padded(value.length);
  const length = 12 + body.length + optionsLength;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  bytes.set(body, 8);
  let at = 8 + body.length;
  for (const [code, value] of present) {
    view.setUint16(at, code, true);
    view.setUint16(at + 2, value.length, true);
    bytes.set(value, at + 4);
    at += 4 + padded(value.length);
  }
  view.setUint32(length - 4, length, true);
  return bytes;
}
