import { ptr } from "bun:ffi";

// Linux on 64 bits, little-endian: struct mmsghdr, msghdr, iovec, sockaddr_ll, cmsghdr, tpacket_auxdata, timespec.

const headerLength = 64;
const messageLengthAt = 56;
const vectorLength = 16;
const addressLength = 32;
const controlLength = 128;
const controlHeaderLength = 16;

const solSocket = 1;
const soTimestampNanoseconds = 35;
const solPacket = 263;
const packetAuxiliaryData = 8;

const status = { vlan: 1 << 4, vlanProtocol: 1 << 6 } as const;
const vlanProtocol = 0x8100;
const packetOutgoing = 4;

/** A packet as the kernel gives it; one object serves all packets. */
export interface ReceivedPacket {
  /** Valid until the handler returns. */
  bytes: Uint8Array;
  /** Bytes on the wire. */
  originalLength: number;
  seconds: number;
  nanoseconds: number;
  /** The interface's index. */
  interface: number;
  /** The kind of its link. (ARPHRD_) */
  hardwareType: number;
  isOutgoing: boolean;
}

/**
 * The memory of one `recvmmsg`. All of it is one array, because the kernel gets pointers into it that keep nothing
 * alive.
 */
export class MessageBatch {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly count: number;
  readonly #view: DataView;
  readonly #addressesAt: number;
  readonly #controlsAt: number;
  readonly #dataAt: number;
  readonly #slot: number;
  readonly #packet: ReceivedPacket = {
    bytes: new Uint8Array(0),
    originalLength: 0,
    seconds: 0,
    nanoseconds: 0,
    interface: 0,
    hardwareType: 0,
    isOutgoing: false,
  };

  /** @param size of the largest packet */
  constructor(count: number, size: number) {
    this.count = count;
    // Before each packet there is room for the tag of a VLAN.
    this.#slot = size + 8;
    const vectorsAt = count * headerLength;
    this.#addressesAt = vectorsAt + count * vectorLength;
    this.#controlsAt = this.#addressesAt + count * addressLength;
    this.#dataAt = this.#controlsAt + count * controlLength;
    this.memory = new Uint8Array(this.#dataAt + count * this.#slot);
    this.#view = new DataView(this.memory.buffer);
    const base = BigInt(ptr(this.memory));
    for (let index = 0; index < count; index++) {
      const header = index * headerLength;
      const vector = vectorsAt + index * vectorLength;
      this.#view.setBigUint64(header, base + BigInt(this.#addressesAt + index * addressLength), true);
      this.#view.setBigUint64(header + 16, base + BigInt(vector), true);
      this.#view.setBigUint64(header + 24, 1n, true);
      this.#view.setBigUint64(header + 32, base + BigInt(this.#controlsAt + index * controlLength), true);
      this.#view.setBigUint64(vector, base + BigInt(this.#dataOf(index)), true);
      this.#view.setBigUint64(vector + 8, BigInt(size), true);
    }
  }

  /** The kernel has written how long the addresses and the control data were; it wants to read how much room there is. */
  prepare(): void {
    for (let index = 0; index < this.count; index++) {
      this.#view.setUint32(index * headerLength + 8, addressLength, true);
      this.#view.setBigUint64(index * headerLength + 40, BigInt(controlLength), true);
    }
  }

  /** The packet at this position of those received. */
  read(index: number): ReceivedPacket {
    const view = this.#view;
    const header = index * headerLength;
    const packet = this.#packet;
    const length = view.getUint32(header + messageLengthAt, true);
    const address = this.#addressesAt + index * addressLength;
    packet.interface = view.getInt32(address + 4, true);
    packet.hardwareType = view.getUint16(address + 8, true);
    packet.isOutgoing = view.getUint8(address + 10) === packetOutgoing;
    packet.originalLength = length;
    packet.seconds = packet.nanoseconds = 0;
    const dataAt = this.#dataOf(index);
    packet.bytes = this.memory.subarray(dataAt, dataAt + length);
    this.#readControl(index, Number(view.getBigUint64(header + 40, true)), dataAt, length);
    return packet;
  }

  #readControl(index: number, length: number, dataAt: number, captured: number): void {
    const view = this.#view;
    const start = this.#controlsAt + index * controlLength;
    const end = start + Math.min(length, controlLength);
    for (let at = start; at + controlHeaderLength <= end; ) {
      const size = Number(view.getBigUint64(at, true));
      if (size < controlHeaderLength || at + size > end) return;
      const level = view.getInt32(at + 8, true);
      const type = view.getInt32(at + 12, true);
      const data = at + controlHeaderLength;
      if (level === solSocket && type === soTimestampNanoseconds) {
        this.#packet.seconds = Number(view.getBigInt64(data, true));
        this.#packet.nanoseconds = Number(view.getBigInt64(data + 8, true));
      } else if (level === solPacket && type === packetAuxiliaryData) {
        this.#readAuxiliary(data, dataAt, captured);
      }
      at += (size + 7) & ~7;
    }
  }

  /** The kernel has taken the tag of a VLAN out of the frame; it belongs there again. */
  #readAuxiliary(at: number, dataAt: number, captured: number): void {
    const view = this.#view;
    const packet = this.#packet;
    const flags = view.getUint32(at, true);
    packet.originalLength = view.getUint32(at + 4, true);
    if ((flags & status.vlan) === 0 || captured < 12) return;
    const protocol = (flags & status.vlanProtocol) === 0 ? vlanProtocol : view.getUint16(at + 18, true);
    this.memory.copyWithin(dataAt - 4, dataAt, dataAt + 12);
    view.setUint16(dataAt + 8, protocol);
    view.setUint16(dataAt + 10, view.getUint16(at + 16, true));
    packet.bytes = this.memory.subarray(dataAt - 4, dataAt + captured);
    packet.originalLength += 4;
  }

  #dataOf(index: number): number {
    return this.#dataAt + index * this.#slot + 8;
  }
}
