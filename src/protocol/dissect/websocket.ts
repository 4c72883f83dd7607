import type { DissectionSink } from "../conversation/dissector.ts";
import type { Place, Side } from "../conversation/place.ts";
import { printable } from "../text/printable.ts";
import { Opcode, unmask } from "../websocket/frame.ts";
import { ByteGatherer } from "./byte-gatherer.ts";
import { MqttDissector } from "./mqtt.ts";

const maxWhole = 256 * 1024;

const names: Readonly<Record<number, string>> = {
  [Opcode.Continuation]: "continuation",
  [Opcode.Text]: "text",
  [Opcode.Binary]: "binary",
  [Opcode.Close]: "close",
  [Opcode.Ping]: "ping",
  [Opcode.Pong]: "pong",
};

interface Stream {
  readonly gatherer: ByteGatherer;
  skip: number;
  isLost: boolean;
}

interface Header {
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly maskAt: number;
  readonly payloadAt: number;
  readonly length: number;
}

/** The frames of a WebSocket connection of either side, and MQTT in them. */
export class WebSocketDissector {
  readonly #sink: DissectionSink;
  readonly #streams: Readonly<Record<Side, Stream>>;
  readonly #inner: MqttDissector | undefined;

  /** @param subprotocol as the server accepted it */
  constructor(sink: DissectionSink, subprotocol: string | undefined) {
    this.#sink = sink;
    const stream = (): Stream => ({ gatherer: new ByteGatherer(), skip: 0, isLost: false });
    this.#streams = { client: stream(), server: stream() };
    this.#inner = subprotocol?.startsWith("mqtt") ? new MqttDissector(sink, false) : undefined;
  }

  data(side: Side, bytes: Buffer, place: Place, _isPushed: boolean): void {
    const stream = this.#streams[side];
    if (stream.isLost) return;
    const passed = Math.min(stream.skip, bytes.length);
    stream.skip -= passed;
    if (passed === bytes.length) return;
    const { gatherer } = stream;
    const all = gatherer.add(passed === 0 ? bytes : bytes.subarray(passed), place);
    let at = 0;
    for (let header = readHeader(all, at); header !== undefined; header = readHeader(all, at)) {
      const end = header.payloadAt + header.length;
      const firstPacket = at === 0 ? (gatherer.firstPacket ?? place.packet) : place.packet;
      if (header.length > maxWhole) {
        this.#show(side, place, header, firstPacket, end - at, undefined);
        stream.skip = Math.max(0, end - all.length);
        at = Math.min(end, all.length);
        continue;
      }
      if (end > all.length) break;
      this.#frame(side, place, header, all, firstPacket, end - at);
      at = end;
    }
    gatherer.keep(all.subarray(at), place, at === 0);
  }

  gap(side: Side, length: number): void {
    const stream = this.#streams[side];
    if (stream.skip >= length) stream.skip -= length;
    else {
      stream.isLost = true;
      stream.gatherer.clear();
    }
  }

  end(): void {}

  #frame(side: Side, place: Place, header: Header, all: Buffer, firstPacket: number, length: number): void {
    const payload = Buffer.from(all.subarray(header.payloadAt, header.payloadAt + header.length));
    if (header.maskAt >= 0)
      unmask(payload, 0, payload.length, all.subarray(header.maskAt, header.maskAt + 4), 0);
    const isData = header.opcode === Opcode.Binary || header.opcode === Opcode.Continuation;
    if (this.#inner !== undefined && isData && !header.isCompressed) {
      this.#inner.data(side, payload, place);
      return;
    }
    this.#show(side, place, header, firstPacket, length, payload);
  }

  #show(
    side: Side,
    place: Place,
    header: Header,
    firstPacket: number,
    length: number,
    payload: Buffer | undefined,
  ): void {
    this.#sink.message(side, place, { firstPacket, length }, () => {
      const name = names[header.opcode] ?? `opcode ${header.opcode}`;
      const marks = `${header.isFinal ? "" : ", more follows"}${header.isCompressed ? ", compressed" : ""}`;
      const text = payload === undefined || header.isCompressed ? "" : payloadText(header.opcode, payload);
      return {
        protocol: "WebSocket",
        text: `${name}${marks}, ${header.length} B${text === "" ? "" : `  ${text}`}`,
        fields: {
          opcode: name,
          final: header.isFinal,
          masked: header.maskAt >= 0,
          length: header.length,
          ...(text !== "" && { payload: text }),
        },
      };
    });
  }
}

function payloadText(opcode: number, payload: Buffer): string {
  if (opcode !== Opcode.Close) return payload.length === 0 ? "" : printable(payload);
  if (payload.length < 2) return "";
  const reason = printable(payload.subarray(2));
  return `${payload.readUInt16BE(0)}${reason === "" ? "" : ` ${reason}`}`;
}

/** Of either side; undefined: not all of it has come. */
function readHeader(bytes: Buffer, at: number): Header | undefined {
  if (bytes.length - at < 2) return undefined;
  const [first, second] = [bytes[at]!, bytes[at + 1]!];
  const short = second & 0x7f;
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const isMasked = (second & 0x80) !== 0;
  const payloadAt = at + 2 + lengthBytes + (isMasked ? 4 : 0);
  if (payloadAt > bytes.length) return undefined;
  return {
    opcode: first & 15,
    isFinal: (first & 0x80) !== 0,
    isCompressed: (first & 0x40) !== 0,
    maskAt: isMasked ? payloadAt - 4 : -1,
    payloadAt,
    length:
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2)),
  };
}
