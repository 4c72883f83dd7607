import type { TryField } from "../../core/try.ts";
import type { Peer } from "../program/peer.ts";

/** What went one way, as a person reads it and as it went over the wire. */
export interface Spoken {
  readonly text: string;
  readonly bytes: Uint8Array;
}

export interface Exchange {
  readonly request: Spoken;
  /** Absent where the service says nothing. */
  readonly reply?: Spoken | undefined;
  /** When the last of it came, as performance.now() counts; absent: when the trial was over. */
  readonly answeredAt?: number;
}

/** The values of the fields, all there and all of them a choice that exists. */
export type Values = Readonly<Record<string, string>>;

/** One real request to a service of one role, made by who looks on. */
export interface Trial {
  /** What happens, in a few words. */
  readonly title: string;
  /** What it is spoken over; absent: TCP. */
  readonly transport?: "udp";
  fields(surroundings: Surroundings): readonly TryField[];
  /** @throws {Error} when there is no connection, or not the answer there should be */
  run(peer: Peer, values: Values, signal: AbortSignal): Promise<Exchange>;
}

export interface Surroundings {
  /** The names of the lab's operations. */
  readonly operations: readonly string[];
  /** Whether the service asks who its clients are. */
  readonly hasUsers?: boolean;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const spokenText = (text: string): Spoken => ({ text, bytes: encoder.encode(text) });

export const spokenBytes = (bytes: Uint8Array): Spoken => ({ text: decoder.decode(bytes), bytes });

export const textField = (name: string, label: string, value: string): TryField => ({
  name,
  label,
  type: "text",
  default: value,
});

/** A field whose value is not to be read over somebody's shoulder. */
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
