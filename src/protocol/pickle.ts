/** Opcodes of Python's pickle machine, by their names in pickletools. */
const op = {
  proto: 0x80,
  frame: 0x95,
  stop: 0x2e,
  binint1: 0x4b,
  binint2: 0x4d,
  binint: 0x4a,
  long1: 0x8a,
  long4: 0x8b,
} as const;

const protocol = 4;

/** Python writes no frame around fewer bytes. */
const minFrame = 4;

/** The bytes of `pickle.dumps(value, protocol=4)` for a Python int. */
export function pickleInt(value: bigint | number): Uint8Array<ArrayBuffer> {
  const integer = BigInt(value);
  const head = [op.proto, protocol];
  const body = intOpcode(integer);
  if (body.length + 1 < minFrame) return Uint8Array.from([...head, ...body, op.stop]);
  const bytes = new Uint8Array(head.length + 9 + body.length + 1);
  bytes.set([...head, op.frame]);
  new DataView(bytes.buffer).setBigUint64(3, BigInt(body.length + 1), true);
  bytes.set(body, 11);
  bytes[bytes.length - 1] = op.stop;
  return bytes;
}

function intOpcode(value: bigint): Uint8Array {
  if (value >= 0n && value <= 0xffn) return Uint8Array.of(op.binint1, Number(value));
  if (value >= 0n && value <= 0xffffn) return withLength(op.binint2, 2, Number(value));
  if (value >= -0x8000_0000n && value <= 0x7fff_ffffn) return withLength(op.binint, 4, Number(value));
  const digits = twosComplement(value);
  const head =
    digits.length < 256 ? withLength(op.long1, 1, digits.length) : withLength(op.long4, 4, digits.length);
  const bytes = new Uint8Array(head.length + digits.length);
  bytes.set(head);
  bytes.set(digits, head.length);
  return bytes;
}

/** An opcode and a little-endian number of `size` bytes. */
function withLength(opcode: number, size: number, value: number): Uint8Array {
  return Uint8Array.from([
    opcode,
    ...Array.from({ length: size }, (_, index) => (value >> (index * 8)) & 0xff),
  ]);
}

/** Little-endian, with just enough bytes for the sign bit. */
function twosComplement(value: bigint): Uint8Array {
  const magnitude = value < 0n ? -value - 1n : value; // as many bits, the sign's aside
  const length = (magnitude.toString(16).length * 4 + 8) >> 3;
  const hex = BigInt.asUintN(length * 8, value)
    .toString(16)
    .padStart(length * 2, "0");
  const bytes = Uint8Array.fromHex(hex).reverse();
  const last = bytes[length - 1];
  const signOfRest = (bytes[length - 2] ?? 0) & 0x80;
  const isSpare = length > 1 && ((last === 0 && signOfRest === 0) || (last === 0xff && signOfRest !== 0));
  return isSpare ? bytes.subarray(0, length - 1) : bytes;
}
