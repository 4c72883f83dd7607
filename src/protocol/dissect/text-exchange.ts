import type { DissectionSink, Dissector } from "../conversation/dissector.ts";
import type { Place, Side } from "../conversation/place.ts";
import { printable } from "../text/printable.ts";

/** So much of a message is kept to be shown. */
const maxKept = 2048;

/** What the client sends is answered, or it is not. */
export type Answering = "answered" | "silent" | "unknown";

interface Gathered {
  firstPacket: number | undefined;
  length: number;
  readonly kept: Buffer[];
  keptLength: number;
}

/**
 * Protocols without frames: what one side sends until it has nothing more to send at the moment (PSH) is a message.
 * Where a request is answered, the next message of the server is the answer.
 */
export class TextExchangeDissector implements Dissector {
  readonly protocol: string;
  readonly #sink: DissectionSink;
  readonly #answering: Answering;
  readonly #open: Readonly<Record<Side, Gathered>> = { client: nothing(), server: nothing() };
  #questions = 0;
  #answers = 0;

  constructor(sink: DissectionSink, protocol: string, answering: Answering) {
    this.#sink = sink;
    this.protocol = protocol;
    this.#answering = answering;
  }

  data(side: Side, bytes: Buffer, place: Place, isPushed: boolean): void {
    const open = this.#open[side];
    open.firstPacket ??= place.packet;
    open.length += bytes.length;
    const kept = bytes.subarray(0, maxKept - open.keptLength);
    if (kept.length > 0) {
      open.kept.push(Buffer.from(kept));
      open.keptLength += kept.length;
    }
    if (isPushed) this.#finish(side, place);
  }

  gap(side: Side, length: number, place: Place): void {
    const open = this.#open[side];
    if (open.length === 0) return;
    open.length += length;
    // Where the message ends cannot be told.
    this.#finish(side, place);
  }

  end(side: Side, place: Place): void {
    if (this.#open[side].length > 0) this.#finish(side, place);
  }

  #finish(side: Side, place: Place): void {
    const open = this.#open[side];
    const extent = { firstPacket: open.firstPacket ?? place.packet, length: open.length };
    const bytes = open.kept.length === 1 ? open.kept[0]! : Buffer.concat(open.kept);
    const answer = this.#exchange(side, place, bytes);
    this.#sink.message(side, place, extent, () => describe(this.protocol, bytes, extent.length), answer);
    open.firstPacket = undefined;
    open.length = open.keptLength = 0;
    open.kept.length = 0;
  }

  #exchange(side: Side, place: Place, bytes: Buffer) {
    if (this.#answering !== "answered") return undefined;
    if (side === "server") {
      // One answer may be to all that came before it.
      if (this.#answers < this.#questions) this.#answers++;
      return this.#sink.answer(`text ${this.#answers}`, place);
    }
    // QUIT is answered with the end of the connection.
    if (this.protocol === "TIME" && /^QUIT\r?\n?$/.test(bytes.toString("latin1"))) return undefined;
    this.#sink.request(`text ${++this.#questions}`, place, printable(bytes, 40), side);
    return undefined;
  }
}

function describe(protocol: string, bytes: Buffer, length: number) {
  const text = printable(bytes);
  const isBinary = text.includes("\ufffd") || /(?:\\x[0-9a-f]{2}){2}/.test(text);
  return {
    protocol,
    text: isBinary
      ? `${length} B: ${hex(bytes)}`
      : `${JSON.stringify(text).replaceAll("\\\\", "\\")}${length > bytes.length ? `, ${length} B` : ""}`,
    fields: { message: printable(bytes, 500), bytes: length },
  };
}

const hex = (bytes: Buffer): string => {
  const shown = bytes
    .subarray(0, 16)
    .toString("hex")
    .replace(/(..)(?=.)/g, "$1 ");
  return bytes.length > 16 ? `${shown} …` : shown;
};

const nothing = (): Gathered => ({ firstPacket: undefined, length: 0, kept: [], keptLength: 0 });
