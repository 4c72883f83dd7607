// Linux' linux/filter.h and linux/bpf_common.h: the classic BPF of socket filters.

/** struct sock_filter: a code of 16 bits, how far a condition jumps (8 bits each), and a constant of 32. */
export interface Instruction {
  readonly code: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly constant: number;
}

export const Code = {
  /** A = packet[k], of a byte or of 16 bits. */
  LoadByte: 0x30,
  LoadHalf: 0x28,
  /** A = packet[X + k] */
  LoadByteIndexed: 0x50,
  LoadHalfIndexed: 0x48,
  /** X = k */
  LoadIndex: 0x01,
  And: 0x54,
  Add: 0x04,
  ShiftLeft: 0x64,
  /** A += X */
  AddIndex: 0x0c,
  /** X = A */
  ToIndex: 0x07,
  Jump: 0x05,
  JumpIfEqual: 0x15,
  JumpIfGreaterOrEqual: 0x35,
  JumpIfAnyBit: 0x45,
  Return: 0x06,
} as const;

/** What the kernel takes at most. */
const maxInstructions = 4096;
const instructionLength = 8;

interface Unplaced {
  readonly code: number;
  readonly constant: number;
  readonly ifTrue?: string | undefined;
  readonly ifFalse?: string | undefined;
}

/** Writes a program with names for the places to jump to. Jumps go forward only, as the kernel wants it. */
export class Assembler {
  readonly #written: Unplaced[] = [];
  readonly #labels = new Map<string, number>();

  /** The place of the next instruction. */
  label(name: string): this {
    if (this.#labels.has(name)) throw new RangeError(`The label ${name} is there twice`);
    this.#labels.set(name, this.#written.length);
    return this;
  }

  emit(code: number, constant: number): this {
    this.#written.push({ code, constant: constant >>> 0 });
    return this;
  }

  jump(to: string): this {
    this.#written.push({ code: Code.Jump, constant: 0, ifTrue: to });
    return this;
  }

  /** Absent: the next instruction. */
  branch(code: number, constant: number, ifTrue?: string, ifFalse?: string): this {
    this.#written.push({ code, constant: constant >>> 0, ifTrue, ifFalse });
    return this;
  }

  /** @throws {RangeError} when a place does not exist, lies before the jump, or too far behind it */
  assemble(): Instruction[] {
    if (this.#written.length > maxInstructions)
      throw new RangeError(
        `A filter has ${maxInstructions} instructions at most, and this one ${this.#written.length}`,
      );
    return this.#written.map(({ code, constant, ifTrue, ifFalse }, at) => {
      if (code === Code.Jump)
        return { code, ifTrue: 0, ifFalse: 0, constant: this.#distance(at, ifTrue, maxInstructions) };
      return {
        code,
        ifTrue: this.#distance(at, ifTrue, 255),
        ifFalse: this.#distance(at, ifFalse, 255),
        constant,
      };
    });
  }

  #distance(at: number, name: string | undefined, limit: number): number {
    if (name === undefined) return 0;
    const place = this.#labels.get(name);
    if (place === undefined) throw new RangeError(`There is no label ${name}`);
    const distance = place - (at + 1);
    if (distance < 0 || distance > limit)
      throw new RangeError(
        `A jump to ${name} goes over ${distance} instructions, and 0 to ${limit} are possible`,
      );
    return distance;
  }
}

/** The array of struct sock_filter. */
export function filterBytes(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * instructionLength);
  const view = new DataView(bytes.buffer);
  program.forEach(({ code, ifTrue, ifFalse, constant }, index) => {
    const at = index * instructionLength;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, ifTrue);
    view.setUint8(at + 3, ifFalse);
    view.setUint32(at + 4, constant, true);
  });
  return bytes;
}
