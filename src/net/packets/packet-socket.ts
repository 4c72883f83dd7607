import { ptr } from "bun:ffi";
import { readFileSync } from "node:fs";
import { filterBytes, type Instruction } from "../../protocol/bpf/assembler.ts";
import { openLibc } from "../libc.ts";
import { networkInterfaces } from "./interfaces.ts";
import { MessageBatch, type ReceivedPacket } from "./message-batch.ts";

// From Linux' headers: linux/if_packet.h, asm-generic/socket.h, bits/socket.h.
const afPacket = 17;
const rawNonBlocking = 3 | 0o4000 | 0o2000000;
const allProtocols = 3;
const solSocket = 1;
const solPacket = 263;
const option = {
  receiveBuffer: 8,
  receiveBufferForce: 33,
  attachFilter: 26,
  timestampNanoseconds: 35,
  statistics: 6,
  auxiliaryData: 8,
} as const;
const dontWait = 0x40;

/** Packets that one call takes; their buffers are 4 MB. */
const batchSize = 32;
/** Larger than any packet that a network card puts together of several. */
const maxPacket = 128 * 1024;
/** What the kernel keeps while the event loop is busy. */
const receiveBuffer = 32 * 1024 * 1024;
/**
 * Milliseconds between two looks when there was nothing. Bun waits for no bare file descriptor; packets have the time at
 * which the kernel got them, and its buffer holds those of much longer.
 */
const idleMs = 10;
/** Milliseconds of packets in a row, until the rest of the program has its turn. */
const busyMs = 10;

export type CaptureFailure =
  /** Only Linux has such sockets. */
  | "no-system"
  /** The process lacks CAP_NET_RAW. */
  | "no-permission"
  | "no-interface"
  | "failed";

/** Packets cannot be captured. The message says what was tried, and what to change. */
export class CaptureStartError extends Error {
  override readonly name = "CaptureStartError";
  constructor(
    readonly code: CaptureFailure,
    message: string,
  ) {
    super(message);
  }
}

export interface PacketSocketOptions {
  /** Its name; `any`: all, also those that come later. */
  readonly interface: string;
  readonly filter: readonly Instruction[];
  /** @param packet valid until it returns. @returns false: no further packets are wanted */
  readonly onPacket: (packet: ReceivedPacket) => boolean;
  /** After some packets, so that what was made of them can be written together. */
  readonly onBatch: () => void;
  /** Whether packets can be used now; otherwise the kernel keeps them, and counts those it has no room for. Absent: always. */
  readonly mayReceive?: () => boolean;
}

export interface PacketSocket {
  /** Resolves when `onPacket` wants no more, or after `finish` or `close`. Rejects with what a handler throws. */
  readonly done: Promise<void>;
  /** What the kernel has counted so far: packets that passed the filter, and those of them that it lost. */
  counts(): { readonly received: number; readonly dropped: number };
  /** Hands over what the kernel has received until now, and closes. */
  finish(): void;
  close(): void;
}

const functions = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  recvmmsg: { args: ["i32", "ptr", "u32", "i32", "ptr"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
} as const;

type System = NonNullable<ReturnType<typeof openLibc<typeof functions>>>;

/** Receives the packets of an interface from the kernel. @throws {CaptureStartError} */
export function openPacketSocket(options: PacketSocketOptions): PacketSocket {
  const index = indexOf(options.interface);
  const system = process.platform === "linux" ? openLibc(functions) : undefined;
  if (system === undefined)
    throw new CaptureStartError("no-system", "Packets can be captured on Linux only (with glibc or musl)");
  // Of no protocol at first, so that nothing comes before the filter is there.
  const file = system.socket(afPacket, rawNonBlocking, 0);
  if (file < 0) throw refused();
  try {
    prepare(system, file, options.filter);
    bind(system, file, index, options.interface);
  } catch (error) {
    system.close(file);
    throw error;
  }
  return new Receiver(system, file, options);
}

function indexOf(name: string): number {
  if (name === "any" || process.platform !== "linux") return 0;
  const known = networkInterfaces();
  const found = known.find((each) => each.name === name);
  if (found !== undefined) return found.index;
  const names = known.map((each) => each.name).join(", ");
  throw new CaptureStartError(
    "no-interface",
    `There is no interface ${name}: there are ${names}, and any for all`,
  );
}

function refused(): CaptureStartError {
  return hasRawCapability()
    ? new CaptureStartError(
        "failed",
        "The system refuses a packet socket, although this process has CAP_NET_RAW",
      )
    : new CaptureStartError(
        "no-permission",
        `Capturing needs the capability CAP_NET_RAW; this grants it, once: sudo setcap cap_net_raw+ep ${process.execPath}`,
      );
}

/** The 13th bit of the effective capabilities. */
function hasRawCapability(): boolean {
  const status = readFileSync("/proc/self/status", "utf8");
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0";
  return ((BigInt(`0x${effective}`) >> 13n) & 1n) === 1n;
}

function prepare(system: System, file: number, filter: readonly Instruction[]): void {
  const one = Int32Array.of(1);
  const size = Int32Array.of(receiveBuffer);
  // Beyond the system's limit only with CAP_NET_ADMIN; else as much as it gives.
  if (system.setsockopt(file, solSocket, option.receiveBufferForce, size, 4) !== 0)
    system.setsockopt(file, solSocket, option.receiveBuffer, size, 4);
  const instructions = filterBytes(filter);
  // struct sock_fprog { len: u16; filter: pointer }, and the filter behind it: one array, kept by the call.
  const program = new Uint8Array(16 + instructions.length);
  program.set(instructions, 16);
  const fields = new DataView(program.buffer);
  fields.setUint16(0, filter.length, true);
  fields.setBigUint64(8, BigInt(ptr(program) + 16), true);
  const isReady =
    system.setsockopt(file, solSocket, option.attachFilter, program, 16) === 0 &&
    system.setsockopt(file, solSocket, option.timestampNanoseconds, one, 4) === 0 &&
    system.setsockopt(file, solPacket, option.auxiliaryData, one, 4) === 0;
  if (!isReady) throw new CaptureStartError("failed", "The system refuses the filter of the packet socket");
}

/** struct sockaddr_ll */
function bind(system: System, file: number, index: number, name: string): void {
  const address = new DataView(new ArrayBuffer(20));
  address.setUint16(0, afPacket, true);
  address.setUint16(2, allProtocols);
  address.setInt32(4, index, true);
  if (system.bind(file, new Uint8Array(address.buffer), 20) !== 0)
    throw new CaptureStartError(
      "failed",
      `The system does not let packets of ${name} be captured: is it up?`,
    );
}

class Receiver implements PacketSocket {
  readonly done: Promise<void>;
  readonly #system: System;
  readonly #file: number;
  readonly #options: PacketSocketOptions;
  readonly #batch = new MessageBatch(batchSize, maxPacket);
  readonly #end = Promise.withResolvers<void>();
  readonly #counts = { received: 0, dropped: 0 };
  #timer: Timer | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #isOpen = true;
  #delivered = 0;
  /** So many are to be delivered before it closes. */
  #wanted: number | undefined;

  constructor(system: System, file: number, options: PacketSocketOptions) {
    this.#system = system;
    this.#file = file;
    this.#options = options;
    this.done = this.#end.promise;
    this.#schedule(0);
  }

  counts(): { readonly received: number; readonly dropped: number } {
    this.#readStatistics();
    return { ...this.#counts };
  }

  finish(): void {
    const { received, dropped } = this.counts();
    this.#wanted ??= received - dropped;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#readStatistics();
    this.#isOpen = false;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#system.close(this.#file);
    this.#end.resolve();
  }

  #turn(): void {
    try {
      if (this.#mustWait) return this.#schedule(idleMs);
      const isBusy = this.#receiveSome();
      if (!this.#isOpen) return;
      const isDone = this.#wanted !== undefined && (!isBusy || this.#delivered >= this.#wanted);
      if (isDone) this.close();
      else if (isBusy) this.#immediate = setImmediate(() => this.#turn());
      else this.#schedule(idleMs);
    } catch (error) {
      this.#end.reject(error);
      this.close();
    }
  }

  /** At the end what the kernel has is taken in any case. */
  get #mustWait(): boolean {
    return this.#wanted === undefined && this.#options.mayReceive?.() === false;
  }

  #schedule(delay: number): void {
    this.#timer = setTimeout(() => this.#turn(), delay);
  }

  /** @returns whether there may be more */
  #receiveSome(): boolean {
    const end = performance.now() + busyMs;
    let count: number;
    let some = 0;
    do {
      count = this.#receive();
      some += count;
    } while (count === batchSize && this.#isOpen && performance.now() < end);
    if (some > 0) this.#options.onBatch();
    return count === batchSize;
  }

  #receive(): number {
    const batch = this.#batch;
    batch.prepare();
    const count = this.#system.recvmmsg(this.#file, batch.memory, batch.count, dontWait, null);
    for (let index = 0; index < count; index++) {
      this.#delivered++;
      if (this.#options.onPacket(batch.read(index))) continue;
      this.close();
      break;
    }
    return Math.max(0, count);
  }

  /** Reading them sets them to zero. The first counts the lost ones too. */
  #readStatistics(): void {
    if (!this.#isOpen) return;
    const values = new Uint32Array(2);
    if (this.#system.getsockopt(this.#file, solPacket, option.statistics, values, Uint32Array.of(8)) !== 0)
      return;
    this.#counts.received += values[0]!;
    this.#counts.dropped += values[1]!;
  }
}
