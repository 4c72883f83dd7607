import type { PublishedWill } from "../protocol/conversation/conversation.ts";

/** What a lab report says beside what `distcli explain` says, in one language. Every sentence names its packets. */
export interface ReportWords {
  readonly title: string;
  readonly cover: Readonly<Record<"name" | "studentNumber" | "course" | "date", string>>;
  readonly headings: Readonly<
    Record<
      | "capture"
      | "experiment"
      | "goal"
      | "lookFor"
      | "commands"
      | "diagram"
      | "packets"
      | "sums"
      | "explanation"
      | "odd"
      | "analysis",
      string
    >
  >;
  readonly service: (name: string) => string;
  readonly diagramOf: (service: string) => string;
  /** Times in the diagram and the table. */
  readonly timesFrom: string;
  readonly omittedArrows: (count: number) => string;
  readonly omittedTables: (shown: number, all: number) => string;
  readonly analysisHint: string;
  readonly fact: {
    readonly conversation: (number: number, client: string, server: string, transport: string) => string;
    readonly syn: (packet: number) => string;
    readonly madeUpHandshake: (packet: number) => string;
    readonly handshake: (packets: readonly [number, number, number], duration: string) => string;
    readonly answeredSyn: (syn: number, answer: number) => string;
    readonly unaskedAnswer: (answer: number) => string;
    readonly noHandshake: (first: number) => string;
    readonly messages: (side: string, packets: readonly string[]) => string;
    readonly answers: (count: number, slowest: string, packet: number, to: number) => string;
    readonly acknowledged: (message: number, ack: number, receiver: string) => string;
    readonly fin: (side: string, packet: number) => string;
    /** Of a recording, in which the server had not read the client's FIN when it sent its own. */
    readonly serverFins: (firstPacket: number, secondPacket: number) => string;
    readonly bothFins: (first: string, firstPacket: number, secondPacket: number) => string;
    readonly reset: (side: string, packet: number) => string;
    readonly refused: (packet: number) => string;
    readonly open: (last: number) => string;
    readonly publishedWill: (will: PublishedWill) => string;
    readonly datagrams: (client: number, server: number) => string;
    readonly omitted: (shown: number, all: number) => string;
  };
  readonly run: {
    readonly begins: (name: string) => string;
    readonly captured: (packets: number, lost: number) => string;
    readonly notCaptured: (reason: string) => string;
    readonly status: (status: number) => string;
    readonly stopped: string;
  };
}
