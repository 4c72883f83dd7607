import type { Address } from "./address.ts";

/** A form on the dashboard from which one real request is sent to a service. */
export interface TryForm {
  readonly service: string;
  readonly role: string;
  readonly title: string;
  readonly fields: readonly TryField[];
  /** Where requests are sent. */
  readonly address: Pick<Address, "transport" | "host" | "port">;
}

export interface TryField {
  readonly name: string;
  readonly label: string;
  /** A `password` field hides what is typed. */
  readonly type: "text" | "password" | "select";
  readonly default: string;
  /** Of a `select`. */
  readonly options?: readonly string[];
}

/** What was sent or received: as text for a person, and as bytes on the wire. */
export interface TryMessage {
  readonly text: string;
  readonly bytes?: Uint8Array;
}

/** Bytes to be sent as they are. */
export interface RawRequest {
  readonly bytes: Uint8Array;
  /** Milliseconds to wait for the first byte of an answer. */
  readonly wait: number;
  /** The answer ends when the service closes the connection, and not already when it is silent for a moment. */
  readonly untilClose: boolean;
  /** Nothing more is sent afterwards: the sending side of the connection is closed. */
  readonly finish: boolean;
}

export interface TryResult {
  readonly ok: boolean;
  readonly ms: number;
  /** Null where nothing went out. */
  readonly request: TryMessage | null;
  /** Null where nothing came back. */
  readonly reply: TryMessage | null;
  readonly error?: string;
}

/** A running service: what is needed to send it a request. */
export interface TryTarget {
  readonly service: string;
  readonly role: string;
  /** Where it really listens. */
  readonly addresses: readonly Address[];
  readonly config: unknown;
  /** The names of the lab's operations. */
  readonly operations: readonly string[];
}

/** Sends test requests to a role's services. The entry passes it in, because the server must not import clients. */
export interface Tries {
  /** Undefined for a service that cannot be tried. */
  form(target: TryTarget): TryForm | undefined;
  /**
   * Sends one request.
   * @param signal aborted when the result is not wanted any more; the connection is closed then
   * @throws {Error} when the values make no request, saying what would be right
   */
  run(target: TryTarget, values: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<TryResult>;
  /** Sends bytes as they are, and shows what comes back; nothing is an answer, too. */
  sendRaw(target: TryTarget, request: RawRequest, signal?: AbortSignal): Promise<TryResult>;
}
