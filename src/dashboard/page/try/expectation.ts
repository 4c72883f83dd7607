import type { TryOutcome } from "../api/types.ts";
import { partsOf } from "./reply.ts";

/** What an answer should be. */
export interface Expectation {
  readonly kind: "any" | "equal" | "contains";
  readonly text: string;
  /** Milliseconds that it may take; empty: any. */
  readonly within: string;
}

export const anyAnswer: Expectation = { kind: "any", text: "", within: "" };

/** What was expected, and whether it came true. */
export interface Verdict {
  readonly isMet: boolean;
  readonly missed: readonly ("equal" | "contains" | "within")[];
}

/**
 * Undefined: nothing is expected. An HTTP reply equals what its body equals, and contains what its head does, but for the
 * date, which is another one each second. A line end at the end never counts.
 */
export function verdictOf(
  { kind, text, within }: Expectation,
  { reply, ms }: Pick<TryOutcome, "reply" | "ms">,
): Verdict | undefined {
  const limit = Number(within);
  const hasLimit = within.trim() !== "" && Number.isFinite(limit);
  if (kind === "any" && !hasLimit) return undefined;
  const body = reply === null ? undefined : withoutLineEnd(partsOf(reply.text).body);
  const missed: Verdict["missed"][number][] = [];
  if (kind === "equal" && body !== withoutLineEnd(text)) missed.push(kind);
  if (kind === "contains" && (reply === null || !withoutDate(reply.text).includes(text))) missed.push(kind);
  if (hasLimit && (reply === null || ms > limit)) missed.push("within");
  return { isMet: missed.length === 0, missed };
}

const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, "");

function withoutDate(text: string): string {
  const { head, body } = partsOf(text);
  return head === undefined ? text : `${head.replace(/^date:.*\r\n/im, "")}\r\n\r\n${body}`;
}
