import type { DissectionSink, Dissector } from "../conversation/dissector.ts";
import type { Place, Side } from "../conversation/place.ts";
import { otherSide } from "../conversation/place.ts";
import { printable } from "../text/printable.ts";
import { PickleError, unpickle } from "../unpickle.ts";
import { type Command, parseCommand, readSocketType } from "../zmtp/command.ts";
import type { Parts } from "../zmtp/frame.ts";
import { greetingLength } from "../zmtp/greeting.ts";
import { MessageReader } from "../zmtp/message-reader.ts";
import { ZmtpError } from "../zmtp/zmtp-error.ts";

/** More than a lab sends; an attacker's file cannot make us hold more for each side. */
const limits = { message: 4 * 1024 * 1024, parts: 1000, command: 64 * 1024 };
const maxListed = 5;

interface Stream {
  readonly side: Side;
  readonly greeting: Buffer;
  greeted: number;
  readonly reader: MessageReader;
  firstPacket: number | undefined;
  /** Bytes of the frame or message that is being read. */
  isLost: boolean;
  socketType: string | undefined;
}

/** The signature of ZMTP 2 and later: 0xff, eight bytes of padding, 0x7f. */
export const isZmtpGreeting = (bytes: Buffer): boolean =>
  bytes[0] === 0xff && bytes.length >= 10 && bytes[9] === 0x7f && (bytes.length < 11 || bytes[10]! >= 3);

/** ZMTP 3: greeting, commands, subscriptions and messages. */
export class ZmtpDissector implements Dissector {
  readonly protocol = "ZMTP";
  readonly #sink: DissectionSink;
  readonly #streams: Readonly<Record<Side, Stream>>;
  #place: Place = { packet: 0, time: 0 };
  /** Of REQ and REP: the questions so far, and the answers. */
  #questions = 0;
  #answers = 0;

  constructor(sink: DissectionSink) {
    this.#sink = sink;
    this.#streams = { client: this.#stream("client"), server: this.#stream("server") };
  }

  #stream(side: Side): Stream {
    const handler = {
      message: (parts: Parts) => this.#message(side, parts),
      command: (body: Uint8Array) => this.#command(side, body),
    };
    return {
      side,
      greeting: Buffer.alloc(greetingLength),
      greeted: 0,
      reader: new MessageReader(handler, limits),
      firstPacket: undefined,
      isLost: false,
      socketType: undefined,
    };
  }

  data(side: Side, bytes: Buffer, place: Place): void {
    const stream = this.#streams[side];
    if (stream.isLost) return;
    this.#place = place;
    stream.firstPacket ??= place.packet;
    const came = stream.greeted < greetingLength ? this.#readGreeting(stream, bytes, place) : bytes;
    if (came.length === 0 || stream.isLost) return;
    try {
      stream.reader.read(came);
    } catch (error) {
      if (!(error instanceof ZmtpError)) throw error;
      this.#lose(stream, error.message);
    }
    if (!stream.reader.isWithinMessage) stream.firstPacket = undefined;
  }

  gap(side: Side): void {
    const stream = this.#streams[side];
    stream.isLost = true;
    stream.reader.close();
  }

  end(): void {}

  #lose(stream: Stream, reason: string): void {
    stream.isLost = true;
    stream.reader.close();
    this.#sink.odd("undecodable", this.#place, { protocol: this.protocol, reason });
  }

  /** @returns what follows the greeting */
  #readGreeting(stream: Stream, bytes: Buffer, place: Place): Buffer {
    const count = Math.min(greetingLength - stream.greeted, bytes.length);
    bytes.copy(stream.greeting, stream.greeted, 0, count);
    stream.greeted += count;
    const { greeting } = stream;
    if (greeting[0] !== 0xff) {
      this.#lose(stream, "it does not begin with ZMTP's greeting");
      return bytes.subarray(count);
    }
    if (stream.greeted < greetingLength) return bytes.subarray(count);
    const version = `${greeting[10]}.${greeting[11]}`;
    const mechanism = printable(greeting.subarray(12, 32).toString("latin1").replace(/\0+$/, ""));
    this.#show(stream.side, greetingLength, `greeting, ZMTP ${version}, ${mechanism}`, {
      version,
      mechanism,
    });
    stream.firstPacket = count < bytes.length ? place.packet : undefined;
    // What another mechanism sends is encrypted.
    if (mechanism !== "NULL") this.#lose(stream, `what follows is secured by ${mechanism}`);
    return bytes.subarray(count);
  }

  #command(side: Side, body: Uint8Array): void {
    const command = parseCommand(body);
    const length = body.length + 2;
    if (command.name === "READY") {
      const type = readSocketType(command);
      this.#streams[side].socketType = type;
      this.#show(side, length, `READY, socket type ${printable(type)}`, {
        command: "READY",
        socketType: printable(type),
      });
      return;
    }
    const shown = commandText(command);
    this.#show(side, length, shown === "" ? printable(command.name) : `${printable(command.name)} ${shown}`, {
      command: printable(command.name),
      ...(shown !== "" && { data: shown }),
    });
  }

  #message(side: Side, parts: Parts): void {
    const stream = this.#streams[side];
    const length = parts.reduce((sum, part) => sum + part.length + (part.length < 256 ? 2 : 9), 0);
    const subscription = isSubscription(stream, parts);
    if (subscription !== undefined) {
      this.#show(side, length, subscription, { subscription });
      return;
    }
    const answer = this.#exchange(side);
    const firstPacket = this.#firstPacketOf(stream);
    this.#sink.message(
      side,
      this.#place,
      { firstPacket, length },
      () => {
        // REQ and REP put an empty part before their message.
        const shown = parts.length > 1 && parts[0]!.length === 0 ? parts.slice(1) : parts;
        const texts = shown.slice(0, maxListed).map(partText);
        const more = shown.length > maxListed ? `, and ${shown.length - maxListed} more` : "";
        const list = texts.join(" | ") + more;
        return {
          protocol: this.protocol,
          text: `message  ${list}`,
          fields: { parts: shown.length, message: list },
        };
      },
      answer,
    );
  }

  #exchange(side: Side) {
    const type = this.#streams[side].socketType;
    if (type === "REQ") this.#sink.request(`zmq ${++this.#questions}`, this.#place, "REQ", side);
    const other = this.#streams[otherSide(side)].socketType;
    return type === "REP" || (type === "ROUTER" && other === "REQ")
      ? this.#sink.answer(`zmq ${++this.#answers}`, this.#place)
      : undefined;
  }

  /** Where the message began that is whole now; what follows it here begins here. */
  #firstPacketOf(stream: Stream): number {
    const { packet } = this.#place;
    const first = stream.firstPacket ?? packet;
    stream.firstPacket = packet;
    return first;
  }

  #show(side: Side, length: number, text: string, fields: Record<string, string>): void {
    const firstPacket = this.#firstPacketOf(this.#streams[side]);
    this.#sink.message(side, this.#place, { firstPacket, length }, () => ({
      protocol: this.protocol,
      text,
      fields,
    }));
  }
}

/** ZMTP 3.0 has subscriptions as messages that begin with 1 or 0. */
function isSubscription({ socketType }: Stream, parts: Parts): string | undefined {
  const [part] = parts;
  if ((socketType !== "SUB" && socketType !== "XSUB") || part === undefined || parts.length > 1)
    return undefined;
  if (part[0] !== 0 && part[0] !== 1) return undefined;
  return `${part[0] === 1 ? "SUBSCRIBE" : "CANCEL"} ${JSON.stringify(printable(part.subarray(1)))}`;
}

function commandText({ name, data }: Command): string {
  if (name === "SUBSCRIBE" || name === "CANCEL") return JSON.stringify(printable(data));
  if (name === "ERROR") return printable(data.subarray(1));
  if (name === "PING" || name === "PONG") return "";
  return data.length === 0 ? "" : `${data.length} B`;
}

/** As text, or as the value that Python pickled. */
function partText(part: Uint8Array): string {
  if (part[0] === 0x80 && part.at(-1) === 0x2e) {
    try {
      return `${String(unpickle(part))} (pickle)`;
    } catch (error) {
      if (!(error instanceof PickleError)) throw error;
    }
  }
  return printable(part);
}
