import { ptr } from "bun:ffi";
import type { ThreadLoads } from "../../core/thread-loads.ts";
import { descriptorOf, libc } from "../libc.ts";

// From Linux' headers: asm-generic/socket.h and linux/filter.h.
const solSocket = 1;
const soAttachReuseportCbpf = 51;
const loadWord = 0x20;
const moduloConstant = 0x94;
const jumpIfEqual = 0x15;
const returnConstant = 0x06;
/** The "address" from which a filter loads a random number. */
const randomNumber = 0xff_ff_f0_38;

/** struct sock_filter: a code of 16 bits, where a jump goes (8 bits each), and a constant of 32. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, constant: number];

const instructionLength = 8;
const programLength = 16;

/** A change costs the kernel 20 µs, so a thread makes so many in an interval at most, and the rest at its end. */
const changesPerInterval = 32;
const intervalMs = 32;

/**
 * Directs new clients to the thread that has the fewest. Threads that share a port by SO_REUSEPORT get clients by a hash
 * of the addresses, and two clients may well share one thread beside an idle one. So the listeners get a filter for
 * the kernel that names those with the fewest, and it is replaced when others have fewer. It names all that are even, so
 * several clients that come at the same moment are spread at random, and the next ones even it out.
 *
 * Where the system has no such filter its hash decides, and everything else works, so a failure is not reported.
 */
export class ConnectionDealer {
  readonly #loads: ThreadLoads;
  readonly #thread: number;
  /** The listener; undefined: its clients are not directed. */
  #file: number | undefined;
  #changes = 0;
  #timer: Timer | undefined;

  constructor(listener: object, loads: ThreadLoads, thread: number) {
    this.#loads = loads;
    this.#thread = thread;
    this.#file = process.platform === "linux" ? descriptorOf(listener) : undefined;
    this.#direct();
  }

  /** This thread has a client more, or one less. */
  add(clients: 1 | -1): void {
    this.#loads.add(this.#thread, clients);
    if (this.#changes < changesPerInterval) this.#direct();
  }

  /** Called before the listener is closed: its descriptor may be another file's afterwards. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#file = undefined;
  }

  #direct(): void {
    if (this.#file === undefined || this.#loads.leastBusy() === this.#loads.targets) return;
    this.#changes++;
    this.#timer ??= setTimeout(() => this.#beginInterval(), intervalMs).unref();
    const file = this.#file;
    // Without the lock another thread's filter could come after this one, and its note of it before. A thread that is
    // about it may not know the latest numbers, so this one looks again when the interval is over.
    this.#loads.exclusively(() => {
      const positions = this.#loads.leastBusy();
      if (attachFilter(file, filterFor(positions))) this.#loads.targets = positions;
      // The system has no filters.
      else this.#file = undefined;
    });
  }

  #beginInterval(): void {
    this.#timer = undefined;
    this.#changes = 0;
    this.#direct();
  }
}

/** Returns one of the positions, a random one if there are several. */
function filterFor(positions: bigint): Instruction[] {
  const targets = Array.from({ length: 64 }, (_, position) => position).filter(
    (position) => ((positions >> BigInt(position)) & 1n) === 1n,
  );
  const results = targets.flatMap((position, index): Instruction[] => [
    [jumpIfEqual, 0, 1, index],
    [returnConstant, 0, 0, position],
  ]);
  // A position that no listener has: the system's hash decides.
  const none: Instruction = [returnConstant, 0, 0, 0xffff];
  return [
    [loadWord, 0, 0, randomNumber],
    [moduloConstant, 0, 0, Math.max(1, targets.length)],
    ...results,
    none,
  ];
}

/** Attaches the filter to the listeners of the port. @returns false when the system has no such filters */
function attachFilter(file: number, filter: readonly Instruction[]): boolean {
  const system = libc();
  if (system === undefined) return false;
  // One array for both structs, because only what is passed to the call is certain to be kept.
  const program = new Uint8Array(programLength + filter.length * instructionLength);
  const fields = new DataView(program.buffer);
  // struct sock_fprog { len: u16; filter: pointer }
  fields.setUint16(0, filter.length, true);
  fields.setBigUint64(8, BigInt(ptr(program) + programLength), true);
  filter.forEach(([code, ifTrue, ifFalse, constant], index) => {
    const at = programLength + index * instructionLength;
    fields.setUint16(at, code, true);
    fields.setUint8(at + 2, ifTrue);
    fields.setUint8(at + 3, ifFalse);
    fields.setUint32(at + 4, constant, true);
  });
  return system.setsockopt(file, solSocket, soAttachReuseportCbpf, program, programLength) === 0;
}
