import type { PublishedWill } from "../../protocol/conversation/conversation.ts";
import type { FindingCode, FindingValues } from "../../protocol/conversation/finding.ts";
import type { Side } from "../../protocol/conversation/place.ts";
import type { StepEvent } from "../../protocol/conversation/step.ts";
import type { TcpState } from "../../protocol/conversation/tcp-conversation.ts";

export const languages = ["en", "id"] as const;
export type Language = (typeof languages)[number];

/** A finding's values, and how often it was seen. */
export type FindingSentence = (values: FindingValues, count: number) => string;

/** What `distcli explain` says, in one language. What a protocol says itself is the same in all. */
export interface ExplainWords {
  readonly locale: string;
  readonly sides: Readonly<Record<Side, string>>;
  readonly standardInput: string;
  /** While packets are captured. */
  readonly live: {
    readonly begins: (where: string, ports: string) => string;
    readonly count: (packets: number) => string;
    readonly packets: (count: number, lost: number) => string;
    readonly untold: (count: number) => string;
    readonly unknown: (count: number) => string;
    readonly written: (file: string) => string;
    /** Which commands tell what is in the file. */
    readonly story: (file: string) => string;
    /** How Wireshark opens the file with the script that stands beside it. */
    readonly script: (file: string, script: string) => string;
  };
  readonly headings: {
    readonly title: (file: string) => string;
    readonly odd: string;
    readonly hosts: string;
    readonly network: string;
    readonly conversations: string;
    readonly conversation: (number: number, service: string) => string;
    readonly sums: string;
    readonly services: string;
    readonly acknowledgements: string;
  };
  readonly columns: {
    readonly packet: string;
    readonly time: string;
    readonly what: string;
    /** The packet with which TCP acknowledged a message. */
    readonly acknowledgement: string;
    readonly address: string;
    readonly hardwareAddress: string;
    readonly serves: string;
    readonly uses: string;
    readonly clientNames: string;
    readonly number: string;
    readonly conversation: string;
    readonly service: string;
    readonly conversations: string;
    readonly packets: string;
    readonly bytes: string;
    readonly payload: string;
    readonly duration: string;
    readonly throughput: string;
    readonly handshake: string;
    readonly answers: string;
    readonly median: string;
    readonly percentile: (share: number) => string;
    readonly slowest: string;
    readonly end: string;
  };
  readonly summary: (facts: {
    readonly packets: string;
    readonly size: string;
    /** Empty: none has passed between the first packet and the last. */
    readonly duration: string;
    readonly begin: string;
    readonly conversations: number;
  }) => string;
  readonly writtenBy: (application: string) => string;
  readonly interfaces: (names: string) => string;
  /** Of a capture by the server: what is in it, in place of the interfaces. */
  readonly recordedServices: (names: readonly string[], more: number) => string;
  /** Where they stand beside packets of a network. */
  readonly recordedHeaders: string;
  readonly madeUpHeaders: string;
  readonly kinds: (list: string) => string;
  readonly kindNames: Readonly<Record<"arp" | "icmp" | "fragment" | "other" | "malformed", string>>;
  readonly noPackets: string;
  readonly nothingOdd: string;
  readonly isOmitted: (count: number) => string;
  readonly omittedSteps: (count: number) => string;
  readonly omittedConversations: (shown: number, all: number) => string;
  readonly inConversation: (number: number) => string;
  readonly inPackets: (packets: string, isMore: boolean) => string;
  readonly times: (count: number) => string;
  /** Sent the other way than the step's own side. */
  readonly event: (event: Exclude<StepEvent, { kind: "message" }>, duration: string) => string;
  readonly answered: (time: string, packet: number) => string;
  readonly handshake: (time: string) => string;
  readonly noHandshake: string;
  /** Of a recording in which the server's FIN stands first. */
  readonly serverClosedUnasked: string;
  readonly ends: Readonly<Record<TcpState, (closedBy: string) => string>>;
  readonly endsShort: Readonly<Record<TcpState, string>>;
  readonly publishedWill: (will: PublishedWill) => string;
  readonly sums: (facts: {
    readonly side: string;
    readonly packets: number;
    readonly wire: string;
    /** Empty: there is none. */
    readonly payload: string;
  }) => string;
  readonly answerTimes: (count: number, median: string, high: string, max: string) => string;
  readonly repeatedSightings: (count: number) => string;
  readonly acknowledgement: {
    readonly general: string;
    readonly atMostOnce: (publish: number, tcp: number, receiver: string) => string;
    readonly atMostOnceUnacknowledged: (publish: number) => string;
    readonly atLeastOnce: (
      publish: number,
      tcp: number | undefined,
      puback: number,
      receiver: string,
    ) => string;
    readonly exactlyOnce: (
      publish: number,
      pubrec: number,
      release: readonly [pubrel: number, pubcomp: number] | undefined,
      receiver: string,
    ) => string;
  };
  readonly findings: Readonly<Record<FindingCode, FindingSentence>>;
  readonly noConversation: (number: number, all: number) => string;
  readonly mermaidOmitted: (count: number) => string;
}

/** The language that the environment asks for: Indonesian or English. */
export function languageOf(env: Readonly<Record<string, string | undefined>>): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || "";
  return /^id(?:[_.@]|$)/.test(locale) ? "id" : "en";
}
