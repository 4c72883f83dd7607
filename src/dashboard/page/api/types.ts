// The admin API, as far as the dashboard uses it.

export type ServiceState = "running" | "starting" | "stopping" | "stopped" | "failed" | (string & {});

export interface Service {
  readonly name: string;
  readonly role: string;
  readonly summary: string;
  readonly state: ServiceState;
  readonly transport: string;
  readonly addresses: readonly string[];
  /** In seconds; null while it does not run. */
  readonly uptime: number | null;
  readonly restarts: number;
  readonly error: string | null;
  /** Peers connected now; null for a service without connections. */
  readonly clients: number | null;
  readonly stats: Readonly<Record<string, number>>;
  readonly example: string | null;
  readonly problems: readonly string[];
}

export interface Problem {
  readonly service: string;
  /** In English. */
  readonly text: string;
  /** Which sentence it is, and what it holds. */
  readonly code: string;
  readonly values: Readonly<Record<string, string | number>>;
}

export interface About {
  readonly name: string;
  readonly version: string;
  readonly bun: string;
  readonly platform: string;
  readonly uptime: number;
  readonly config: string | null;
  readonly memory: { readonly rss: number };
}

/** What a user of the admin service may do; each may also do what stands before it. */
export type Role = "view" | "operate" | "admin";

/** Who the server takes the user for. */
export interface Me {
  readonly name: string;
  readonly role: Role;
  /** By a token of the user's own, by admin.token, or by what the machine says of the connection. */
  readonly by: "user" | "token" | "machine";
}

export type ReloadOutcome = "unchanged" | "changed" | "restarted" | "started" | "stopped" | "failed";

/** What has become of a reload. */
export interface Reloaded {
  readonly services: readonly {
    readonly name: string;
    readonly outcome: ReloadOutcome;
    /** The settings that changed. */
    readonly keys: readonly string[];
    readonly reason?: string;
  }[];
  /** Settings of the whole. */
  readonly changed: readonly string[];
  readonly notApplied: readonly string[];
  readonly failed: readonly { readonly name: string; readonly reason: string }[];
}

export type Direction = "in" | "out";
/** A segment is one of TCP in a capture; the server itself sees none. */
export type TrafficKind = "open" | "bytes" | "message" | "close" | "segment";
export type Fields = Readonly<Record<string, string | number | boolean>>;

export interface StreamPlace {
  readonly offset: number;
  /** Absent: not known, as of a reply that was still being made. */
  readonly length?: number;
  /** The offset of the received chunk that completed it; absent: not known. */
  readonly chunk?: number;
}

/** Where an event stands in a capture, by the numbers of packets. */
export interface CapturedAt {
  readonly packet: number;
  /** The packet with which TCP acknowledged it. */
  readonly acknowledgedBy?: number | undefined;
  /** The request that it answers. */
  readonly answerTo?: number | undefined;
}

/** The data of `event: traffic`, or an event of a capture. */
export interface TrafficEvent {
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly kind: TrafficKind;
  readonly service: string;
  readonly conversation: string;
  readonly transport: string;
  readonly local: string;
  readonly remote: string;
  readonly direction?: Direction;
  readonly text?: string;
  readonly fields?: Fields;
  /** Base64, of at most the first 4096 bytes. */
  readonly bytes?: string;
  /** Of the whole message. */
  readonly size?: number;
  /** Of a message: counts those of its conversation, from 1. */
  readonly number?: number;
  /** Where a message lies among the bytes of its direction. */
  readonly stream?: StreamPlace;
  /** Of a reply: milliseconds since its request had arrived. */
  readonly duration?: number;
  /** The same number for messages that belong together. */
  readonly group?: number;
  readonly reason?: string;
  /** Of a close: which side has ended the connection. */
  readonly closedBy?: "client" | "service";
  /** It was a reset, and no FIN. */
  readonly isReset?: boolean;
  /** The thread that serves the connection, from 1. Absent: the conversation's name may say it, as `time/2#17`. */
  readonly thread?: number;
  /** Of an open: the service is iterative and serves another connection, so this one waits for its turn. */
  readonly waits?: boolean;
  /** Absent: it comes from the server and not from a capture. */
  readonly captured?: CapturedAt;
}

/** The data of `event: left-out`: events that the page did not get. */
export interface LostEvents {
  readonly service: string;
  readonly kind: string;
  readonly count: number;
}

export interface TryField {
  readonly name: string;
  readonly label: string;
  readonly type: "text" | "password" | "number" | "select";
  readonly default?: string | number;
  readonly options?: readonly (string | { readonly value: string; readonly label: string })[];
  readonly required?: boolean;
}

export interface TryForm {
  readonly service: string;
  readonly role: string;
  readonly title: string;
  readonly fields: readonly TryField[];
  readonly address: TryAddress;
}

/** Where requests are sent. */
export interface TryAddress {
  readonly transport: string;
  readonly host: string;
  readonly port: number;
}

interface TryMessage {
  readonly text: string;
  /** Base64. */
  readonly bytes?: string;
}

export interface TryOutcome {
  readonly ok: boolean;
  readonly ms: number;
  /** Null where nothing went out. */
  readonly request: TryMessage | null;
  /** Null where nothing came back. */
  readonly reply: TryMessage | null;
  readonly error?: string;
}
