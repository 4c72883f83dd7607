import { isUtf8 } from "node:buffer";
import { pickleInt } from "../../protocol/pickle.ts";
import { bytesOfText, textOfBytes } from "../../protocol/text/byte-text.ts";
import { printable } from "../../protocol/text/printable.ts";
import { PickleError, type PickleValue, unpickle } from "../../protocol/unpickle.ts";
import { PeerError, UsageError } from "../program/errors.ts";
import { isJson } from "../terminal/json.ts";

export const encodings = ["auto", "pickle", "json", "text"] as const;

export type Encoding = (typeof encodings)[number];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** All parts of a message as one text. */
export const messageText = (parts: readonly Uint8Array[]): string =>
  parts.map((part) => textOfBytes(part)).join(" ");

/** All parts of a message for `--json`: as text, and in base64 too where they are no UTF-8. */
export function messageFields(parts: readonly Uint8Array[]): { message: string; base64?: string[] } {
  const message = messageText(parts).toWellFormed();
  if (parts.every((part) => isUtf8(part))) return { message };
  return { message, base64: parts.map((part) => part.toBase64()) };
}

/** Decodes a workload. @throws {PeerError} when it is not in that encoding */
export function decodeWork(bytes: Uint8Array, encoding: Encoding): PickleValue {
  switch (encoding === "auto" ? guess(bytes) : encoding) {
    case "pickle":
      return asPickle(bytes);
    case "json":
      return asJson(bytes);
    default:
      return textOfBytes(bytes);
  }
}

/** A pickle of protocol 2 and above begins with 0x80, which no UTF-8 text does. */
function guess(bytes: Uint8Array): Encoding {
  if (bytes[0] === 0x80) return "pickle";
  return /^-?\d+$/.test(decoder.decode(bytes.subarray(0, 20))) ? "json" : "text";
}

function asPickle(bytes: Uint8Array): PickleValue {
  try {
    return unpickle(bytes);
  } catch (error) {
    if (error instanceof PickleError) throw new PeerError("bad-message", error.message, { cause: error });
    throw error;
  }
}

function asJson(bytes: Uint8Array): PickleValue {
  const text = decoder.decode(bytes);
  if (/^-?\d+$/.test(text)) return BigInt(text); // exact at any size
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "number" || typeof value === "boolean" || value === null ? value : text;
  } catch (cause) {
    throw new PeerError("bad-message", `Cannot read ${printable(text)} as JSON`, { cause });
  }
}

/** A workload as text. */
export const workText = (work: PickleValue): string =>
  work instanceof Uint8Array ? printable(work) : String(work);

/**
 * Encodes a workload of the command line; `auto` pickles whole numbers and sends the rest as text.
 * @throws {UsageError}
 */
export function encodeWork(word: string, encoding: Encoding): Uint8Array {
  const isWhole = /^-?\d+$/.test(word);
  switch (encoding) {
    case "auto":
      return isWhole ? pickleInt(BigInt(word)) : bytesOfText(word);
    case "pickle":
      if (isWhole) return pickleInt(BigInt(word));
      throw new UsageError(`Cannot pickle "${word}": only whole numbers are pickled; try --encoding text`);
    case "json":
      return encoder.encode(isJson(word) ? word : JSON.stringify(word));
    case "text":
      return bytesOfText(word);
  }
}
