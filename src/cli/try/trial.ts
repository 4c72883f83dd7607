import type { TryField } from "../../core/try.ts";
import type { Peer } from "../program/peer.ts";

/** Data sent in one direction: as a person reads it, and the bytes on the wire. */
export interface WireData {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** The request and the reply of a trial. */
export interface Transcript {
  readonly request: WireData;
  /** Absent where the service does not reply. */
  readonly reply?: WireData | undefined;
  /** When its last byte came, as performance.now() counts; absent: at the end of the trial. */
  readonly answeredAt?: number;
}

/** A valid value for each field. */
export type Values = Readonly<Record<string, string>>;

/** How a person makes one real request to a service of one role. */
export interface Trial {
  /** What the trial does, in a few words. */
  readonly title: string;
  /** The transport; absent: TCP. */
  readonly transport?: "udp";
  fields(context: TrialContext): readonly TryField[];
  /** @throws {Error} when the connection fails, or the answer is wrong */
  run(peer: Peer, values: Values, signal: AbortSignal): Promise<Transcript>;
}

export interface TrialContext {
  /** The names of the lab's operations. */
  readonly operations: readonly string[];
  /** Whether the service asks for a name and a password. */
  readonly hasUsers?: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const wireText = (text: string): WireData => ({ text, bytes: encoder.encode(text) });

export const wireBytes = (bytes: Uint8Array): WireData => ({ text: decoder.decode(bytes), bytes });

export const textField = (name: string, label: string, value: string): TryField => ({
  name,
  label,
  type: "text",
  default: value,
});

/** A field whose value is not shown on the screen. */
export const passwordField = (name: string, label: string): TryField => ({
  name,
  label,
  type: "password",
  default: "",
});

export const choice = (name: string, label: string, options: readonly string[]): TryField => ({
  name,
  label,
  type: "select",
  default: options[0] ?? "",
  options,
});
