import {
  headerLength,
  isControl,
  maxControlPayload,
  maxHeader,
  Opcode,
  readHeader,
  unmask,
} from "./frame.ts";
import { CloseCode, WebSocketError } from "./websocket-error.ts";

/** Receives what a client's frames contain. */
export interface FrameHandler {
  /** Payload bytes of binary messages, in any pieces; valid only until the handler returns. */
  data(bytes: Uint8Array): void;
  ping(payload: Uint8Array): void;
  /** Nothing is read after it. 1005: the close frame had no code. */
  close(code: number): void;
}

/**
 * Reads a client's frames as a stream of bytes. Payload is passed on as it arrives and never buffered, so a frame of
 * any length costs no memory.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #header = Buffer.alloc(maxHeader);
  readonly #mask = new Uint8Array(4);
  #headerSize = 0;
  /** Payload bytes of the current frame that have not arrived yet; -1 while its header is read. */
  #left = -1;
  #phase = 0;
  #isWithinMessage = false;
  #isClosed = false;
  readonly #control = new Uint8Array(maxControlPayload);
  #controlSize = 0;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /**
   * Reads a chunk, which is overwritten: payloads are unmasked and moved together in it, so that those of many small
   * frames are passed on at once.
   * @throws {WebSocketError} after passing on the payload before the error
   */
  read(chunk: Uint8Array): void {
    let at = 0;
    let start = 0;
    let end = 0;
    try {
      while (at < chunk.length && !this.#isClosed) {
        if (this.#left < 0) {
          at = this.#readHeader(chunk, at);
          if (this.#left === 0) this.#endFrame();
          continue;
        }
        const next = Math.min(chunk.length, at + this.#left);
        if (isControl(this.#opcode)) {
          this.#takeControl(chunk, at, next);
        } else {
          if (start === end) start = end = at;
          else chunk.copyWithin(end, at, next);
          unmask(chunk, end, end + next - at, this.#mask, this.#phase);
          end += next - at;
        }
        this.#advance(next - at);
        at = next;
        if (this.#left > 0) continue;
        // The payload before the close frame is passed on before `close`.
        if (this.#opcode === Opcode.Close && end > start) {
          const payload = chunk.subarray(start, end);
          // Before the call: if it throws, `finally` must not pass on the same bytes again.
          start = end;
          this.#handler.data(payload);
        }
        this.#endFrame();
      }
    } finally {
      if (end > start) this.#handler.data(chunk.subarray(start, end));
    }
  }

  get #opcode(): number {
    return this.#header[0]! & 0x0f;
  }

  #advance(count: number): void {
    this.#left -= count;
    this.#phase = (this.#phase + count) & 3;
  }

  /** @returns where the header, or the chunk, ends */
  #readHeader(chunk: Uint8Array, from: number): number {
    let at = from;
    const header = this.#header;
    while (at < chunk.length) {
      header[this.#headerSize++] = chunk[at++]!;
      if (this.#headerSize < 2) continue;
      const length = headerLength(header[1]!);
      if (this.#headerSize < length) continue;
      this.#left = readHeader(header);
      this.#mask.set(header.subarray(length - 4, length));
      this.#headerSize = 0;
      this.#phase = 0;
      this.#beginFrame();
      break;
    }
    return at;
  }

  #beginFrame(): void {
    const opcode = this.#opcode;
    if (isControl(opcode)) {
      this.#controlSize = 0;
      return;
    }
    if (opcode === Opcode.Text) {
      // [MQTT-6.0.0-1]
      throw new WebSocketError(
        CloseCode.UnsupportedData,
        "a text frame came, and only binary ones are taken",
      );
    }
    if ((opcode === Opcode.Continuation) !== this.#isWithinMessage) {
      const mistake = this.#isWithinMessage
        ? "a message began within another"
        : "a continuation of nothing came";
      throw new WebSocketError(CloseCode.ProtocolError, mistake);
    }
    this.#isWithinMessage = (this.#header[0]! & 0x80) === 0;
  }

  #takeControl(chunk: Uint8Array, from: number, to: number): void {
    this.#control.set(chunk.subarray(from, to), this.#controlSize);
    unmask(this.#control, this.#controlSize, this.#controlSize + to - from, this.#mask, this.#phase);
    this.#controlSize += to - from;
  }

  #endFrame(): void {
    this.#left = -1;
    const payload = this.#control.subarray(0, this.#controlSize);
    if (this.#opcode === Opcode.Ping) this.#handler.ping(payload);
    if (this.#opcode !== Opcode.Close) return;
    this.#isClosed = true;
    this.#handler.close(closeCodeOf(payload));
  }
}

function closeCodeOf(payload: Uint8Array): number {
  if (payload.length === 0) return CloseCode.None;
  const code = (payload[0]! << 8) | (payload[1] ?? 0);
  const isValid =
    payload.length > 1 && code >= 1000 && code < 5000 && ![1004, 1005, 1006, 1015].includes(code);
  if (isValid) return code;
  throw new WebSocketError(CloseCode.ProtocolError, "a close frame came with a code that nobody may send");
}
