import { TcpFlag, type TcpHeader, type TcpOptions } from "../packet/tcp-header.ts";
import type { CaptureContext, Conversation } from "./conversation.ts";
import { otherSide, type Place, type Side } from "./place.ts";
import { RepeatedSighting } from "./repeated-sighting.ts";
import type { Step } from "./step.ts";
import { TcpStream, type Verdict } from "./tcp-stream.ts";

/** How far a connection has come. */
export type TcpState =
  /** A SYN that nobody has answered. */
  | "asking"
  /** The SYN was answered with RST. */
  | "refused"
  /** The SYN was answered, and the last ACK of the handshake is missing. */
  | "answered"
  | "open"
  /** One side has sent its FIN. */
  | "half-closed"
  | "closed"
  | "reset";

interface Handshake {
  readonly place: Place;
  readonly sequence: number;
  readonly options: TcpOptions;
}

/** So many messages of a side wait for their ACK at a time. */
const maxAwaited = 64;

interface Awaited {
  readonly end: number;
  readonly step: Step;
}

/** Follows a TCP connection from its handshake to its end. */
export class TcpConversation {
  readonly conversation: Conversation;
  readonly #streams: Readonly<Record<Side, TcpStream>>;
  readonly #sightings: Readonly<Record<Side, RepeatedSighting>> = {
    client: new RepeatedSighting(),
    server: new RepeatedSighting(),
  };
  readonly #awaited: Readonly<Record<Side, Awaited[]>> = { client: [], server: [] };
  #syn: Handshake | undefined;
  #synAck: Handshake | undefined;
  #fins: Partial<Record<Side, Place>> = {};
  /** Since when the side's window is closed. */
  readonly #zeroWindow: Partial<Record<Side, Place>> = {};
  state: TcpState = "open";
  /** Nanoseconds from the SYN to the ACK of its answer. */
  handshakeTime: number | undefined;
  /** Who sent the first FIN, or the RST. */
  closedBy: Side | undefined;
  /** Who sent the RST; perhaps after a FIN. */
  resetBy: Side | undefined;
  /** The capture has its handshake. */
  hasBeginning = false;
  /** Packets that were captured twice. */
  repeatedSightings = 0;

  /** Its headers were made up: no packet proves what another one did. */
  readonly hasMadeUpHeaders: boolean;

  constructor(conversation: Conversation, { held, headers }: Pick<CaptureContext, "held" | "headers">) {
    this.conversation = conversation;
    this.hasMadeUpHeaders = headers.areMadeUp;
    const stream = (side: Side) =>
      new TcpStream(
        {
          data: (bytes, place, isPushed) => conversation.data(side, bytes, place, isPushed),
          gap: (length, place) => conversation.gap(side, length, place),
        },
        held,
      );
    this.#streams = { client: stream("client"), server: stream("server") };
    conversation.onMessageStep = (step) => {
      const awaited = this.#awaited[step.side];
      if (awaited.length < maxAwaited) awaited.push({ end: this.#streams[step.side].end, step });
    };
  }

  /** The options that both sides said in the handshake. */
  get options(): { readonly client?: TcpOptions | undefined; readonly server?: TcpOptions | undefined } {
    return { client: this.#syn?.options, server: this.#synAck?.options };
  }

  /** Whether a SYN with this number begins another connection on the same ports. */
  isBegunAnewBy(header: TcpHeader): boolean {
    if (!header.has(TcpFlag.Syn) || header.has(TcpFlag.Ack)) return false;
    return this.#syn === undefined ? this.hasPayload : this.#syn.sequence !== header.sequence;
  }

  get hasPayload(): boolean {
    return this.#streams.client.length + this.#streams.server.length > 0;
  }

  get missing(): number {
    return this.#streams.client.missing + this.#streams.server.missing;
  }

  /** @returns false for a packet that was captured twice, which is no other segment */
  add(
    header: TcpHeader,
    payload: Buffer,
    side: Side,
    place: Place,
    wireBytes: number,
    identification: number,
  ): boolean {
    if (this.#sightings[side].isRepeated(header, identification, place.time)) {
      this.repeatedSightings++;
      return false;
    }
    this.conversation.count(side, place, wireBytes);
    if (header.has(TcpFlag.Syn)) this.#synchronize(header, side, place);
    else if (header.has(TcpFlag.Rst)) {
      this.#reset(side, place);
      return true;
    }
    if (header.has(TcpFlag.Ack)) this.#acknowledge(header, side, place);
    this.#noteWindow(header, side, place);
    this.#takePayload(header, payload, side, place);
    if (header.has(TcpFlag.Fin)) this.#finish(side, place);
    return true;
  }

  /** The capture is over. */
  end(place: Place): void {
    for (const side of ["client", "server"] as const) {
      this.#streams[side].finish(place);
      this.conversation.end(side, place);
      this.conversation.counts[side].bytes = this.#streams[side].length + this.#streams[side].missing;
    }
    this.#drop();
  }

  #synchronize(header: TcpHeader, side: Side, place: Place): void {
    const seen = { place, sequence: header.sequence, options: header.options() };
    const isAnswer = header.has(TcpFlag.Ack);
    const before = isAnswer ? this.#synAck : this.#syn;
    const isAgain = before !== undefined && before.sequence === header.sequence;
    const event = { kind: isAnswer ? "syn-ack" : "syn", options: seen.options, isAgain } as const;
    this.conversation.step(side, place, event);
    if (isAgain) {
      this.conversation.odd("retransmission", place, { what: isAnswer ? "SYN-ACK" : "SYN" }, "syn");
      return;
    }
    if (!this.#streams[side].isBegun) this.#streams[side].begin(header.sequence);
    if (isAnswer) {
      this.#synAck = seen;
      this.state = "answered";
    } else {
      this.#syn = seen;
      this.hasBeginning = true;
      this.state = "asking";
    }
  }

  #acknowledge(header: TcpHeader, side: Side, place: Place): void {
    if (this.state === "answered" && side === "client" && !header.has(TcpFlag.Syn))
      this.#establish(side, place);
    const other = otherSide(side);
    const offset = this.#streams[other].acknowledge(header.acknowledgement, place);
    const awaited = this.#awaited[other];
    while (awaited.length > 0 && awaited[0]!.end <= offset) {
      const { event } = awaited.shift()!.step;
      if (event.kind === "message" && !this.hasMadeUpHeaders) event.acknowledgedBy = place.packet;
    }
  }

  #establish(side: Side, place: Place): void {
    this.state = "open";
    const begun = this.#syn;
    if (begun === undefined) return;
    if (!this.hasMadeUpHeaders) this.handshakeTime = place.time - begun.place.time;
    this.conversation.step(side, place, { kind: "established", roundTrip: this.handshakeTime });
  }

  #noteWindow(header: TcpHeader, side: Side, place: Place): void {
    const closed = this.#zeroWindow[side];
    if (header.window === 0 && !header.has(TcpFlag.Syn | TcpFlag.Fin)) {
      if (closed !== undefined) return;
      this.#zeroWindow[side] = place;
      this.conversation.step(side, place, { kind: "zero-window" });
      this.conversation.odd("zero-window", place, { side });
    } else if (closed !== undefined && header.window > 0) {
      delete this.#zeroWindow[side];
      this.conversation.step(side, place, { kind: "window-open", after: place.time - closed.time });
    }
  }

  #takePayload(header: TcpHeader, payload: Buffer, side: Side, place: Place): void {
    const verdict: Verdict = this.#streams[side].add(header, payload, place);
    if (verdict === "retransmission" || verdict === "out-of-order") {
      this.conversation.step(side, place, { kind: verdict, length: header.length });
      this.conversation.odd(verdict, place, { what: "data" });
    } else if (verdict === "keep-alive" && header.length > 0) {
      this.conversation.step(side, place, { kind: "keep-alive" });
    }
  }

  #finish(side: Side, place: Place): void {
    if (this.#fins[side] !== undefined) {
      if (this.state !== "closed") this.conversation.odd("retransmission", place, { what: "FIN" }, "fin");
      return;
    }
    this.#fins[side] = place;
    this.closedBy ??= side;
    this.conversation.over ??= place;
    this.state = this.#fins[otherSide(side)] === undefined ? "half-closed" : "closed";
    this.conversation.step(side, place, { kind: "fin" });
    if (this.#streams[side].isFinished) this.conversation.end(side, place);
  }

  #reset(side: Side, place: Place): void {
    if (this.state === "reset" || this.state === "refused") return;
    const isRefusal = this.state === "asking" && side === "server";
    // After both have said that they send no more, nothing is cut off by it.
    const isLate = this.state === "closed";
    this.state = isRefusal ? "refused" : "reset";
    this.closedBy ??= side;
    this.resetBy = side;
    this.conversation.over ??= place;
    this.conversation.step(side, place, { kind: "reset", isRefusal });
    if (isRefusal) this.conversation.odd("refused", place, { port: this.conversation.ends.server.port });
    else if (!isLate)
      this.conversation.odd("reset", place, { side, after: this.#fins[side] === undefined ? "" : "FIN" });
  }

  #drop(): void {
    for (const side of ["client", "server"] as const) this.#streams[side].drop();
  }
}
