/** Who began a conversation, and who was waiting for it. */
export type Side = "client" | "server";

export const otherSide = (side: Side): Side => (side === "client" ? "server" : "client");

/** A point in a capture. */
export interface Place {
  /** The packet's number, from 1. */
  readonly packet: number;
  /** Nanoseconds since the first packet. */
  readonly time: number;
}
