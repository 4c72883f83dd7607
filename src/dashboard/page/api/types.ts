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
  readonly text: string;
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

export type Direction = "in" | "out";
export type TrafficKind = "open" | "bytes" | "message" | "close";
export type Fields = Readonly<Record<string, string | number | boolean>>;

/** The data of `event: traffic`. */
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
  readonly reason?: string;
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
