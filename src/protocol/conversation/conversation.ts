import type { Answer, DissectionSink, Dissector, Extent, MqttWitness } from "./dissector.ts";
import { Exchanges } from "./exchanges.ts";
import type { FindingCode, FindingList, FindingValues } from "./finding.ts";
import type { Place, Side } from "./place.ts";
import { type Message, type Step, type StepBudget, type StepEvent, StepLog } from "./step.ts";
import type { HeldTotal } from "./tcp-stream.ts";

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What one side sent. */
export interface SideCounts {
  packets: number;
  /** Of whole packets on the wire. */
  wireBytes: number;
  /** Of payload, as far as it is new. */
  bytes: number;
}

/** A service as the ports of a lab say it. */
export interface NamedService {
  readonly name: string;
  /** `mqtt`, `echo`: as distsrv calls its roles. */
  readonly role: string;
}

/** A will of MQTT whose client has left without DISCONNECT, or with one that leaves the will, and that a subscriber got then. */
export interface PublishedWill {
  readonly topic: string;
  /** The packets of CONNECT, of that DISCONNECT or the connection's end, and of the PUBLISH. */
  readonly connect: number;
  readonly end: number;
  /** Of the DISCONNECT. Absent: there was none. */
  readonly reason?: string;
  readonly publish: number;
  /** The number of the subscriber's conversation. */
  readonly subscriber: number;
}

/** Where the headers below the payloads come from. */
export interface HeadersOrigin {
  /** From whoever wrote the file: they prove nothing, and their times say nothing of a network. */
  areMadeUp: boolean;
}

/** What all conversations of a capture share. */
export interface CaptureContext {
  readonly findings: FindingList;
  readonly budget: StepBudget;
  readonly held: HeldTotal;
  readonly headers: HeadersOrigin;
  mqttWitness(conversation: Conversation): MqttWitness;
  /** Chooses by the service, and by the first bytes that one of them says. */
  dissector(conversation: Conversation, side: Side, first: Buffer): Dissector;
  /** Every byte as it is read. */
  readonly onData?:
    | ((conversation: Conversation, side: Side, bytes: Uint8Array, place: Place) => void)
    | undefined;
  /** Each step when it happens. */
  readonly onStep?: ((conversation: Conversation, step: Step) => void) | undefined;
}

/** Two endpoints that talk, by TCP or UDP: what they said and what it cost. */
export class Conversation implements DissectionSink {
  readonly exchanges = new Exchanges();
  readonly steps: StepLog;
  readonly counts: Readonly<Record<Side, SideCounts>> = { client: noCounts(), server: noCounts() };
  last: Place;
  readonly #context: CaptureContext;
  #dissector: Dissector | undefined;
  #witness: MqttWitness | undefined;
  /** Where one side has begun to close it. */
  over: Place | undefined;
  /** The will of its client, where a subscriber has got it. */
  publishedWill: PublishedWill | undefined;
  /** Bytes of it are not in the capture. */
  hasGaps = false;
  /** Some of it could not be decoded, so what is missing in it may be there. */
  isUnreadable = false;
  /** Called with each step that carries a message, so that TCP can say when it was acknowledged. */
  onMessageStep: ((step: Step) => void) | undefined;

  constructor(
    /** From 1, in the order in which they began. */
    readonly number: number,
    readonly transport: "tcp" | "udp",
    readonly ends: Readonly<Record<Side, Endpoint>>,
    readonly service: NamedService | undefined,
    readonly first: Place,
    context: CaptureContext,
  ) {
    this.last = first;
    this.#context = context;
    this.steps = new StepLog(context.budget);
  }

  /** Of the messages; undefined: none has come. */
  get protocol(): string | undefined {
    return this.#dissector?.protocol;
  }

  /** The service's name, or the protocol's, or the port. */
  get serviceName(): string {
    return this.service?.name ?? this.protocol ?? `${this.transport}/${this.ends.server.port}`;
  }

  count(side: Side, place: Place, wireBytes: number): void {
    const counts = this.counts[side];
    counts.packets++;
    counts.wireBytes += wireBytes;
    this.last = place;
  }

  /** The next bytes of payload. */
  data(side: Side, bytes: Buffer, place: Place, isPushed: boolean): void {
    this.#context.onData?.(this, side, bytes, place);
    this.#dissector ??= this.#context.dissector(this, side, bytes);
    this.#dissector.data(side, bytes, place, isPushed);
  }

  /** One side has begun to close it. */
  get isOver(): boolean {
    return this.over !== undefined;
  }

  gap(side: Side, length: number, place: Place): void {
    this.hasGaps = true;
    this.step(side, place, { kind: "gap", length });
    this.odd("gap", place, { bytes: length });
    this.#dissector?.gap(side, length, place);
  }

  end(side: Side, place: Place): void {
    this.#dissector?.end(side, place);
  }

  step(side: Side, { packet, time }: Place, event: StepEvent): void {
    const step = this.steps.add({ side, packet, time, event });
    this.#context.onStep?.(this, step);
  }

  message(side: Side, place: Place, extent: Extent, describe: () => Message, answer?: Answer): void {
    const isOpen = this.steps.isOpen;
    const step = this.steps.add({
      side,
      packet: place.packet,
      time: place.time,
      event: {
        kind: "message",
        message: describe(),
        firstPacket: extent.firstPacket ?? place.packet,
        length: extent.length,
        answerTime: answer?.time,
        answerTo: answer?.to,
      },
    });
    if (isOpen) this.onMessageStep?.(step);
    this.#context.onStep?.(this, step);
  }

  request(key: string, place: Place, label: string, side: Side): void {
    this.exchanges.request(key, place, label, side);
  }

  answer(key: string, place: Place): Answer | undefined {
    return this.exchanges.answer(key, place);
  }

  odd(code: FindingCode, place: Place, values?: FindingValues, detail?: string): void {
    if (code === "undecodable") this.isUnreadable = true;
    this.#context.findings.add(code, this.number, place, values, detail);
  }

  get mqtt(): MqttWitness {
    this.#witness ??= this.#context.mqttWitness(this);
    return this.#witness;
  }
}

const noCounts = (): SideCounts => ({ packets: 0, wireBytes: 0, bytes: 0 });
