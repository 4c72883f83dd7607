/** A part of a message that has a name: which of its bytes they are, and what they say. */
export interface ByteField {
  /** The protocol it belongs to, such as MQTT, or the one inside, such as JSON-RPC. */
  readonly layer: string;
  readonly name: string;
  readonly value: string;
  readonly from: number;
  /** The first byte behind it. */
  readonly to: number;
}

/** The bytes end before the field does: an event has at most the first few thousand. */
export class CutShort extends Error {
  override readonly name = "CutShort";
}

const decoder = new TextDecoder();

/** Bytes as text; line ends and other control characters as a programmer writes them. */
export function shownText(bytes: Uint8Array): string {
  const named: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return decoder
    .decode(bytes)
    .replace(
      /[\x00-\x1f\x7f]/g,
      (char) => named[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
}

/** Reads one field after another. */
export class FieldReader {
  readonly fields: ByteField[] = [];
  at = 0;

  constructor(
    readonly bytes: Uint8Array,
    readonly layer: string,
  ) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Names bytes that may have been read before, such as the bits of a byte. */
  name(name: string, value: string, from: number, to = this.at): void {
    this.fields.push({ layer: this.layer, name, value, from, to });
  }

  /** A big-endian number. */
  number(size: 1 | 2 | 4): number {
    let value = 0;
    for (const byte of this.take(size)) value = value * 256 + byte;
    return value;
  }

  take(size: number): Uint8Array {
    if (this.left < size) throw new CutShort(`needs ${size} bytes at ${this.at}, and there are ${this.left}`);
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }

  numberField(name: string, size: 1 | 2 | 4, describe: (value: number) => string = String): number {
    const from = this.at;
    const value = this.number(size);
    this.name(name, describe(value), from);
    return value;
  }

  /** All that is left, unless there is nothing. */
  rest(name: string): void {
    if (this.left === 0) return;
    const from = this.at;
    this.name(name, shownText(this.take(this.left)), from);
  }
}
