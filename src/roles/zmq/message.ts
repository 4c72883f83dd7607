import { asctimeFormat, secondClock } from "../../protocol/text/clock.ts";
import { printable } from "../../protocol/text/printable.ts";
import type { Parts } from "../../protocol/zmtp/frame.ts";

// The fields that the configured texts may hold, per role.
export const replyFields = ["message", "count", "time"];
export const workFields = ["workload", "count", "time"];
export const publicationFields = ["time", "count"];

/** The time of the call in the format of C's asctime, formatted once a second. */
export function clockText(zone: string): () => string {
  const clock = secondClock(asctimeFormat, zone);
  return () => clock(Date.now());
}

/** A message for its traffic event: `Published: WAKTU ...`, and the bytes of its frames, joined. */
export function describeParts(
  label: string,
  parts: Parts,
): { readonly text: string; readonly bytes: Uint8Array } {
  const text = `${label}: ${parts.map((part) => printable(part)).join(" | ")}`;
  const [first, ...more] = parts;
  return { text, bytes: first !== undefined && more.length === 0 ? first : Buffer.concat(parts) };
}
