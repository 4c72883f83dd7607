import {
  headerLength,
  isControl,
  longestControl,
  longestHeader,
  Opcode,
  readHeader,
  unmask,
} from "./frame.ts";
import { CloseCode, WebSocketError } from "./websocket-error.ts";

/** What a client's frames come to. */
export interface FrameHandler {
  /** Bytes of binary messages, whatever the frames they came in; only the handler's until it returns. */
  data(bytes: Uint8Array): void;
  ping(payload: Uint8Array): void;
  /** Nothing is read after it. 1005: without a code. */
  close(code: number): void;
}

/**
 * Reads a client's frames as a stream of bytes. Nothing is kept of a message but where it stands: its payload is
 * handed on as it comes, so a frame of any length costs no memory.
 */
export class FrameReader {
  readonly #handler: FrameHandler;
  readonly #header = Buffer.alloc(longestHeader);
  readonly #mask = new Uint8Array(4);
  #headerSize = 0;
  /** Payload of the frame at hand that has not come yet; -1 while its header is read. */
  #left = -1;
  #phase = 0;
  #isWithinMessage = false;
  #isClosed = false;
  readonly #control = new Uint8Array(longestControl);
  #controlSize = 0;

  constructor(handler: FrameHandler) {
    this.#handler = handler;
  }

  /**
   * Takes a chunk, which is overwritten: payloads are unmasked in it and moved together, so what many small frames
   * carry is handed on at once.
   * @throws {WebSocketError} what came before the mistake has been handed on
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
        // What was said before the close frame must be heard before it.
        if (this.#opcode === Opcode.Close && end > start) {
          const said = chunk.subarray(start, end);
          // Before the call: what it throws must not make it hear the same again.
          start = end;
          this.#handler.data(said);
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
  const isSound =
    payload.length > 1 && code >= 1000 && code < 5000 && ![1004, 1005, 1006, 1015].includes(code);
  if (isSound) return code;
  throw new WebSocketError(CloseCode.ProtocolError, "a close frame came with a code that nobody may send");
}
