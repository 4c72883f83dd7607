import type { Address } from "./address.ts";

/** A form on the dashboard from which one real request is sent to a service. */
export interface TryForm {
  readonly service: string;
  readonly role: string;
  readonly title: string;
  readonly fields: readonly TryField[];
}

export interface TryField {
  readonly name: string;
  readonly label: string;
  /** What is typed into a `password` is not to be read over somebody's shoulder. */
  readonly type: "text" | "password" | "select";
  readonly default: string;
  /** Of a `select`. */
  readonly options?: readonly string[];
}

/** What went out or came back: for a person to read, and as it was on the wire. */
export interface TryMessage {
  readonly text: string;
  readonly bytes?: Uint8Array;
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

/** A service that runs, as whoever tries it needs to know it. */
export interface TryTarget {
  readonly service: string;
  readonly role: string;
  /** Where it really listens. */
  readonly addresses: readonly Address[];
  readonly config: unknown;
  /** The names of the lab's operations. */
  readonly operations: readonly string[];
}

/** How a role is tried; handed in by the entry, because clients are no business of the server. */
export interface Tries {
  /** Undefined for a service that cannot be tried. */
  form(target: TryTarget): TryForm | undefined;
  /**
   * Sends one request.
   * @param signal aborted when nobody waits for the result any more; the connection is closed then
   * @throws {Error} when the values make none, saying what would be right
   */
  run(target: TryTarget, values: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<TryResult>;
}
