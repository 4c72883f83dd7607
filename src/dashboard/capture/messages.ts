// What the page and the worker that reads a capture say to each other. Both sides import this, so it imports nothing
// that only one of them has.

export type CaptureLanguage = "en" | "id";

/** A sentence of what explains a capture. */
export type InBoth = Readonly<Record<CaptureLanguage, string>>;

/** What stands on the first page of a report. */
export interface ReportCover {
  readonly title: string;
  readonly name: string;
  readonly studentNumber: string;
  readonly course: string;
  readonly date: string;
}

export type ToWorker =
  | {
      readonly is: "read";
      readonly file: File;
      /** Where the services of this lab listen. */
      readonly services: readonly { readonly name: string; readonly role: string; readonly port: number }[];
    }
  /** What the conversations of these numbers said. */
  | { readonly is: "courses"; readonly numbers: readonly number[] }
  | { readonly is: "report"; readonly language: CaptureLanguage; readonly cover: ReportCover };

export type FromWorker =
  /** Bytes of the file that have been read. */
  | { readonly is: "progress"; readonly read: number }
  | { readonly is: "picture"; readonly picture: CapturePicture }
  | { readonly is: "courses"; readonly courses: readonly CapturedCourse[] }
  | { readonly is: "failed"; readonly problem: CaptureProblem }
  | { readonly is: "report"; readonly html: string };

/** Why nothing of a file can be shown. */
export type CaptureProblem =
  | { readonly code: "empty" }
  /** The first bytes, in hex. */
  | { readonly code: "no-capture"; readonly start: string }
  /** Its compression, which this browser does not know. */
  | { readonly code: "packed"; readonly by: "gzip" | "zstd" }
  | { readonly code: "too-large"; readonly limit: number }
  | { readonly code: "unreadable"; readonly reason: string }
  /** The worker could not be started, or has died. */
  | { readonly code: "no-reader" };

/** What the page gets of a capture. Everything in it is bounded, as the analysis is. */
export interface CapturePicture {
  readonly packets: number;
  readonly wireBytes: number;
  /** Of the first packet, in milliseconds since 1970. */
  readonly begin: number;
  /** The file could not be read to its end. */
  readonly damage:
    | {
        readonly reason: string;
        /** Undefined: what packed the file, or the disk, is to blame. */
        readonly offset: number | undefined;
        /** Before it. */
        readonly packets: number;
      }
    | undefined;
  readonly conversations: readonly CapturedConversation[];
  readonly omittedConversations: number;
  readonly findings: readonly CapturedFinding[];
  readonly omittedFindings: number;
}

export type CaptureSide = "client" | "server";

export interface CapturedConversation {
  /** From 1, as `distcli explain` counts. */
  readonly number: number;
  readonly service: string;
  readonly transport: "tcp" | "udp";
  /** Undefined: no message was found in it. */
  readonly protocol: string | undefined;
  readonly client: string;
  readonly server: string;
  readonly packets: number;
  readonly wireBytes: number;
  /** How far a TCP connection has come. */
  readonly state: InBoth | undefined;
  /** By what it was ended; undefined: it is open, or is not known to have been. */
  readonly end: { readonly by: CaptureSide; readonly isReset: boolean; readonly packet: number } | undefined;
  readonly isRefused: boolean;
}

/** What happened in a conversation: fetched for those that are looked at, because of all it may be a million objects. */
export interface CapturedCourse {
  readonly number: number;
  readonly steps: Shortened<CapturedStep>;
  readonly segments: Shortened<CapturedSegment>;
}

/** What was kept of a list: its first, its last, and the count of those between. */
export interface Shortened<T> {
  readonly first: readonly T[];
  readonly omitted: number;
  readonly last: readonly T[];
}

/** When and by whom; the time is milliseconds since the first packet. */
export interface CapturedPlace {
  readonly packet: number;
  readonly time: number;
  readonly side: CaptureSide;
}

/** What TCP itself does, beside its flags. */
export const transportSteps = [
  "retransmission",
  "out-of-order",
  "gap",
  "zero-window",
  "window-open",
  "keep-alive",
] as const;
export type TransportStep = (typeof transportSteps)[number];

export type CapturedStep = CapturedPlace &
  (
    | {
        readonly is: "message";
        readonly text: string;
        readonly fields: Readonly<Record<string, string | number | boolean>>;
        readonly length: number;
        /** Base64, of at most the first 4096, without secrets; undefined: which they are is not certain. */
        readonly bytes: string | undefined;
        readonly acknowledgedBy: number | undefined;
        /** In milliseconds. */
        readonly answerTime: number | undefined;
        readonly answerTo: number | undefined;
      }
    | { readonly is: TransportStep; readonly length: number | undefined }
  );

/** A TCP segment, with numbers that count from the beginning of its connection. */
export interface CapturedSegment extends CapturedPlace {
  /** As in the header. */
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  /** In bytes: with the scale that both sides have agreed on. */
  readonly window: number;
  readonly length: number;
}

export interface CapturedFinding {
  readonly code: string;
  readonly conversation: number | undefined;
  /** The first of them. */
  readonly packets: readonly number[];
  readonly count: number;
  readonly sentence: InBoth;
}
