/** Plain data of Python: its int is a bigint, exact at any size; its float a number. */
export type PickleValue = bigint | number | boolean | string | Uint8Array | null;

/** The bytes are no pickle of a single plain value. */
export class PickleError extends Error {
  override readonly name = "PickleError";
}

/** More decimal digits of a protocol 0 int would take too long to convert. */
const maxDigits = 10_000;

const utf8 = new TextDecoder("utf-8", { fatal: true });
const latin1 = new TextDecoder("latin1");

type Read = (cursor: Cursor) => PickleValue;

/**
 * Opcodes that stand for a value, of protocols 0 to 5. Opcodes that import, call or build objects are not supported.
 */
const values: Readonly<Record<number, Read>> = {
  [code("N")]: () => null,
  136: () => true,
  137: () => false,
  [code("K")]: (cursor) => BigInt(cursor.number(1)),
  [code("M")]: (cursor) => BigInt(cursor.number(2)),
  [code("J")]: (cursor) => BigInt(cursor.number(4) | 0),
  138: (cursor) => fromTwosComplement(cursor.bytes(cursor.number(1))),
  139: (cursor) => fromTwosComplement(cursor.bytes(cursor.number(4))),
  [code("G")]: (cursor) => cursor.double(),
  140: (cursor) => text(cursor.bytes(cursor.number(1))),
  [code("X")]: (cursor) => text(cursor.bytes(cursor.number(4))),
  141: (cursor) => text(cursor.bytes(cursor.number(8))),
  [code("C")]: (cursor) => cursor.bytes(cursor.number(1)).slice(),
  [code("B")]: (cursor) => cursor.bytes(cursor.number(4)).slice(),
  142: (cursor) => cursor.bytes(cursor.number(8)).slice(),
  [code("I")]: (cursor) => intLine(cursor.line()),
  [code("L")]: (cursor) => decimal(cursor.line().replace(/L$/, "")),
  [code("F")]: (cursor) => floatLine(cursor.line()),
};

/** Opcodes without effect on a single value: protocol version, frame, memo. */
const ignored: Readonly<Record<number, (cursor: Cursor) => void>> = {
  128: (cursor) => void cursor.number(1),
  149: (cursor) => void cursor.number(8),
  148: () => {},
  [code("q")]: (cursor) => void cursor.number(1),
  [code("r")]: (cursor) => void cursor.number(4),
  [code("p")]: (cursor) => void cursor.line(),
};

/**
 * Reads a pickle of one int, float, bool, str, bytes or None. Nothing is ever executed: opcodes that import
 * or call are refused.
 * @throws {PickleError} naming the position of the error
 */
export function unpickle(bytes: Uint8Array): PickleValue {
  const cursor = new Cursor(bytes);
  let value: PickleValue | undefined;
  for (let opcode = cursor.number(1); opcode !== code("."); opcode = cursor.number(1)) {
    const read = values[opcode];
    if (read === undefined) {
      const skip = ignored[opcode];
      if (skip === undefined)
        throw cursor.error(`opcode 0x${opcode.toString(16).padStart(2, "0")} is not plain data`);
      skip(cursor);
    } else {
      if (value !== undefined) throw cursor.error("there is a second value");
      value = read(cursor);
    }
  }
  if (value === undefined) throw cursor.error("it ends without a value");
  return value;
}

class Cursor {
  #at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** An unsigned little-endian number of 1, 2, 4 or 8 bytes. */
  number(size: 1 | 2 | 4 | 8): number {
    const at = this.#take(size);
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at, true);
    if (size === 4) return this.#view.getUint32(at, true);
    return Number(this.#view.getBigUint64(at, true));
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return this.#bytes.subarray(at, at + length);
  }

  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.#at);
    if (end < 0) throw this.error("a line does not end");
    const line = latin1.decode(this.bytes(end - this.#at));
    this.#at++;
    return line;
  }

  error(what: string): PickleError {
    return new PickleError(`Cannot read the pickle: ${what} (at byte ${this.#at} of ${this.#bytes.length})`);
  }

  #take(length: number): number {
    const at = this.#at;
    if (length > this.#bytes.length - at) throw this.error("it is cut off");
    this.#at += length;
    return at;
  }
}

function code(character: string): number {
  return character.charCodeAt(0);
}

function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new PickleError("Cannot read the pickle: a str is not UTF-8", { cause });
  }
}

function fromTwosComplement(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toReversed().toHex()}`));
}

/** Protocol 0 writes bools as the ints 00 and 01. */
function intLine(line: string): boolean | bigint {
  if (line === "00" || line === "01") return line === "01";
  return decimal(line);
}

function decimal(line: string): bigint {
  if (/^-?\d+$/.test(line) && line.length <= maxDigits) return BigInt(line);
  throw new PickleError(
    `Cannot read the pickle: ${JSON.stringify(line.slice(0, 20))} is not an int it may hold`,
  );
}

function floatLine(line: string): number {
  const number = Number(line.replace(/^(-?)inf$/, "$1Infinity"));
  if (line === "nan" || (line.trim() !== "" && !Number.isNaN(number))) return number;
  throw new PickleError(`Cannot read the pickle: ${JSON.stringify(line.slice(0, 20))} is not a float`);
}
