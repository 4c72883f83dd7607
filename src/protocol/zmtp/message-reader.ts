import { frameFlag, type Parts } from "./frame.ts";
import { ZmtpError } from "./zmtp-error.ts";

/** What a peer may send. */
export interface MessageLimits {
  /** Bytes of a message, all its parts together. */
  readonly message: number;
  /** The name of the setting that `message` comes from, for the error. */
  readonly setting?: string;
  /** Parts of a message; 0: no messages at all. */
  readonly parts: number;
  readonly command: number;
}

/** Receives what a peer's frames contain, in order. Bytes are valid only until the handler returns. */
export interface MessageHandler {
  message(parts: Parts): void;
  command(body: Uint8Array): void;
}

/** Memory that a part costs besides its bytes. */
const partCost = 64;

/**
 * Reads a peer's frames as a stream of bytes. A limit is checked when a frame announces its length, before its body is
 * there, and what is held grows with the bytes that have come, not with those that were announced.
 */
export class MessageReader {
  readonly #handler: MessageHandler;
  readonly #limits: MessageLimits;
  /** Bytes that have not been read: an incomplete frame, or what came while the reader was stopped. */
  #held: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #heldStart = 0;
  #heldEnd = 0;
  /** The bytes that the frame at the front of `#held` takes, as far as is known. */
  #needed = 2;
  /** The parts of the message so far. */
  #parts: Uint8Array[] = [];
  #size = 0;
  /** So many of `#parts` lie in memory of their own. */
  #owned = 0;
  #isStopped = false;
  /** Messages read. */
  count = 0;
  /** Where the message that is being handled begins and ends in the stream of frames, in bytes. */
  begin = 0;
  end = 0;

  constructor(handler: MessageHandler, limits: MessageLimits) {
    this.#handler = handler;
    this.#limits = limits;
  }

  /** Bytes in memory for messages that are not complete or have not been read. */
  get held(): number {
    return this.#held.length + this.#size + this.#parts.length * partCost;
  }

  /** Whether the beginning of a message is there and its end is not. */
  get isWithinMessage(): boolean {
    return this.#parts.length > 0 || (this.#heldEnd > 0 && !this.#isStopped);
  }

  /** Within the handler: what follows is held until `resume`. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Reads on. @throws {ZmtpError} */
  resume(): void {
    if (!this.#isStopped) return;
    this.#isStopped = false;
    this.#readHeld();
  }

  /** @throws {ZmtpError} after the messages before the error have been handled */
  read(chunk: Uint8Array): void {
    if (this.#heldEnd > 0 || this.#isStopped) {
      this.#hold(chunk);
      this.#readHeld();
      return;
    }
    const end = this.#parse(chunk);
    if (end < chunk.length) this.#hold(chunk.subarray(end));
    this.#ownParts();
  }

  #readHeld(): void {
    const bytes = this.#held.subarray(this.#heldStart, this.#heldEnd);
    if (this.#isStopped || bytes.length < this.#needed) return;
    const end = this.#parse(bytes);
    this.#ownParts();
    if (this.#heldEnd === 0) return; // closed meanwhile
    this.#heldStart += end;
    const rest = this.#heldEnd - this.#heldStart;
    if (rest === 0) this.#free();
    else if (rest < this.#heldStart) this.#compact(rest);
  }

  /** The rest gets memory of its own: what it lies in is more than twice as large. */
  #compact(rest: number): void {
    const bytes = this.#held.slice(this.#heldStart, this.#heldEnd);
    this.#free();
    this.#held = bytes;
    this.#heldEnd = rest;
  }

  /** Frees everything; nothing is read any more. */
  close(): void {
    this.#isStopped = true;
    this.#parts = [];
    this.#owned = this.#size = 0;
    this.#free();
  }

  /** At once, and not when the garbage collector finds it: it counts objects, and these may be large. */
  #free(): void {
    this.#held.buffer.transfer(0);
    this.#held = new Uint8Array(0);
    this.#heldStart = this.#heldEnd = 0;
  }

  /** @returns the end of the last whole frame */
  #parse(bytes: Uint8Array): number {
    let at = 0;
    while (!this.#isStopped) {
      const left = bytes.length - at;
      this.#needed = 2;
      if (left < 2) break;
      const flags = bytes[at]!;
      let header = 2;
      let length = bytes[at + 1]!;
      if ((flags & frameFlag.long) !== 0) {
        header = this.#needed = 9;
        if (left < 9) break;
        length = readLength(bytes, at + 1);
      }
      this.#check(flags, length);
      if (left < header + length) {
        this.#needed = header + length;
        break;
      }
      const start = at + header;
      at = start + length;
      if (this.#parts.length === 0) this.begin = this.end;
      this.end += header + length;
      this.#frame(flags, bytes.subarray(start, at));
    }
    return at;
  }

  #frame(flags: number, body: Uint8Array): void {
    if ((flags & frameFlag.command) !== 0) {
      this.#handler.command(body);
      return;
    }
    this.#parts.push(body);
    if ((flags & frameFlag.more) !== 0) {
      this.#size += body.length;
      return;
    }
    const parts = this.#parts;
    this.#parts = [];
    this.#owned = this.#size = 0;
    this.count++;
    this.#handler.message(parts);
  }

  #check(flags: number, length: number): void {
    const { message, parts, command, setting } = this.#limits;
    if ((flags & frameFlag.command) !== 0) {
      if (length > command) {
        throw new ZmtpError(`it announced a command of ${length} bytes, and ${command} are allowed`);
      }
      return;
    }
    if (parts === 0) throw new ZmtpError("it sent a message to a socket that receives none");
    if (this.#size + length > message) {
      const limit = setting === undefined ? `${message} are allowed` : `${setting} is ${message}`;
      throw new ZmtpError(`its message has ${this.#size + length} bytes or more, and ${limit}`);
    }
    if (this.#parts.length >= parts) {
      throw new ZmtpError(`its message has more than ${parts} parts, and so many are allowed`);
    }
  }

  /** Appends; memory doubles up to what the frame needs. */
  #hold(bytes: Uint8Array): void {
    const end = this.#heldEnd + bytes.length;
    if (end > this.#held.length) {
      const doubled = Math.min(this.#held.length * 2, Math.max(end, this.#heldStart + this.#needed));
      // Moves the bytes if it must, and frees where they were.
      this.#held = new Uint8Array(this.#held.buffer.transfer(Math.max(end, doubled)));
    }
    this.#held.set(bytes, this.#heldEnd);
    this.#heldEnd = end;
  }

  /** The parts of an unfinished message outlive the chunk that they came in. */
  #ownParts(): void {
    for (; this.#owned < this.#parts.length; this.#owned++) {
      // A Buffer's own slice() would be no copy.
      this.#parts[this.#owned] = new Uint8Array(this.#parts[this.#owned]!);
    }
  }
}

/** Eight bytes, big-endian. What a number cannot hold exactly is beyond every limit anyway. */
function readLength(bytes: Uint8Array, at: number): number {
  let length = 0;
  for (let index = at; index < at + 8; index++) length = length * 256 + bytes[index]!;
  return length;
}
