import { carriageReturn, lineFeed, semicolon, space, tab, tokenBytes, valueBytes } from "./characters.ts";
import { badRequest } from "./http-error.ts";

/** Bytes of chunk sizes with their extensions, and of trailers, that come without a byte of data between. */
const maxOverhead = 8 * 1024;

/**
 * Finds the data in a chunked body (RFC 9112, section 7.1), in any pieces. Extensions and trailers are checked, and not
 * used: nothing here depends on any.
 */
export class ChunkedReader {
  isDone = false;
  /** Where, in the bytes that were read last, the trailers begin; past their end: not in them. */
  trailersAt = 0;
  #state: State = sizeDigits;
  /** Of the chunk: what is still to come. */
  #left = 0;
  #digits = 0;
  #overhead = 0;
  readonly #take: (data: Uint8Array) => void;

  /** @param take gets the data, valid until it returns */
  constructor(take: (data: Uint8Array) => void) {
    this.#take = take;
  }

  /**
   * @returns how many bytes belong to the body: all of them, unless it is done
   * @throws {HttpError}
   */
  read(bytes: Uint8Array): number {
    let at = 0;
    this.trailersAt = this.#state < trailerStart ? bytes.length : 0;
    while (at < bytes.length && !this.isDone) {
      if (this.#state === data) at += this.#readData(bytes, at);
      else {
        if (++this.#overhead > maxOverhead)
          throw badRequest("The sizes and trailers of a chunked body are too long");
        const isBefore = this.#state < trailerStart;
        this.#state = this.#next(bytes[at++]!);
        if (isBefore && this.#state === trailerStart) this.trailersAt = at;
      }
    }
    return at;
  }

  #readData(bytes: Uint8Array, at: number): number {
    const count = Math.min(this.#left, bytes.length - at);
    this.#take(bytes.subarray(at, at + count));
    this.#left -= count;
    this.#overhead = 0;
    if (this.#left === 0) this.#state = dataEnd;
    return count;
  }

  #next(byte: number): State {
    switch (this.#state) {
      case sizeDigits:
        return this.#size(byte);
      case sizeBlank:
        // White space comes before an extension only. (RFC 9112, section 7.1.1)
        if (byte === semicolon) return extension;
        if (byte !== space && byte !== tab) throw badSize();
        return sizeBlank;
      case extension:
        if (byte === carriageReturn) return sizeEnd;
        if (valueBytes[byte] === 0) throw badSize();
        return extension;
      case sizeEnd:
        if (byte !== lineFeed) throw badSize();
        this.#digits = 0;
        return this.#left === 0 ? trailerStart : data;
      case dataEnd:
        if (byte !== carriageReturn) throw badEnd();
        return dataLineEnd;
      case dataLineEnd:
        if (byte !== lineFeed) throw badEnd();
        return sizeDigits;
      default:
        return this.#trailer(byte);
    }
  }

  #size(byte: number): State {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      // Thirteen digits are still exact.
      if (++this.#digits > 13) throw badSize();
      this.#left = this.#left * 16 + digit;
      return sizeDigits;
    }
    if (this.#digits === 0) throw badSize();
    if (byte === carriageReturn) return sizeEnd;
    if (byte === semicolon) return extension;
    if (byte === space || byte === tab) return sizeBlank;
    throw badSize();
  }

  /** A header field after the last chunk, or the empty line that ends the body. */
  #trailer(byte: number): State {
    switch (this.#state) {
      case trailerStart:
        if (byte === carriageReturn) return bodyEnd;
        if (tokenBytes[byte] === 0) throw badTrailer();
        return trailerName;
      case trailerName:
        if (byte === 0x3a) return trailerValue;
        if (tokenBytes[byte] === 0) throw badTrailer();
        return trailerName;
      case trailerValue:
        if (byte === carriageReturn) return trailerEnd;
        if (valueBytes[byte] === 0) throw badTrailer();
        return trailerValue;
      case trailerEnd:
        if (byte !== lineFeed) throw badTrailer();
        return trailerStart;
      default:
        if (byte !== lineFeed) throw badTrailer();
        this.isDone = true;
        return bodyEnd;
    }
  }
}

const [sizeDigits, sizeBlank, extension, sizeEnd, data, dataEnd, dataLineEnd] = [
  0, 1, 2, 3, 4, 5, 6,
] as const;
const [trailerStart, trailerName, trailerValue, trailerEnd, bodyEnd] = [7, 8, 9, 10, 11] as const;
type State = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11;

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

const badSize = () => badRequest("A chunk begins with its size in hexadecimal digits, and CR LF");
const badEnd = () => badRequest("A chunk ends with CR LF after as many bytes as its size says");
const badTrailer = () => badRequest("After the last chunk come header fields, or CR LF");
