import type { FindingCode, FindingValues } from "./finding.ts";
import type { Place, Side } from "./place.ts";
import type { Message } from "./step.ts";

/** Finds the messages of a protocol in the two byte streams of a conversation, or in its datagrams. */
export interface Dissector {
  /** As the protocol is called: `MQTT`. */
  readonly protocol: string;
  /**
   * The next bytes of one side. A datagram is always whole and pushed.
   * @param bytes valid until it returns
   */
  data(side: Side, bytes: Buffer, place: Place, isPushed: boolean): void;
  /** Bytes of the side that are not in the capture. */
  gap(side: Side, length: number, place: Place): void;
  /** The side sends nothing more. */
  end(side: Side, place: Place): void;
}

/** Where a message is. */
export interface Extent {
  /** The packet in which it began; absent: the one in which it ended. */
  readonly firstPacket?: number;
  readonly length: number;
}

/** What a message answers. */
export interface Answer {
  /** The packet of the request. */
  readonly to: number;
  /** Nanoseconds since the request. */
  readonly time: number;
}

/** What is published. */
export interface Publication {
  readonly topic: string;
  /** Valid until whoever takes it returns; absent: not all of it is in the capture. */
  readonly payload?: Uint8Array | undefined;
}

/** What a CONNECT of MQTT says. */
export interface Connect {
  readonly clientId: string;
  /** In seconds; 0: none. */
  readonly keepAlive: number;
  readonly will?: Publication | undefined;
}

/** What MQTT's clients and brokers do, for what only several conversations together show. */
export interface MqttWitness {
  connect(connect: Connect, place: Place): void;
  /** The broker has accepted the client. */
  accepted(): void;
  subscribe(filter: string, place: Place): void;
  publish(
    side: Side,
    publication: Publication & { readonly retain?: boolean | undefined },
    place: Place,
  ): void;
  disconnect(side: Side, reasonCode: number, place: Place): void;
  /** Any packet: it is what a keep-alive counts. */
  packet(side: Side, place: Place): void;
}

/** Takes what a dissector finds. */
export interface DissectionSink {
  /** @param describe called at once, if at all */
  message(side: Side, place: Place, extent: Extent, describe: () => Message, answer?: Answer): void;
  /**
   * A request that should be answered.
   * @param key by which the answer is found
   * @param label what it is, for who reads that it was not answered: `PUBLISH id 7`
   */
  request(key: string, place: Place, label: string, side: Side): void;
  /** The answer to a request; undefined: the request is not in the capture. */
  answer(key: string, place: Place): Answer | undefined;
  odd(code: FindingCode, place: Place, values?: FindingValues, detail?: string): void;
  readonly mqtt: MqttWitness;
}
