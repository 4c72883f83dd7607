import type { ConversationOptions } from "../../protocol/analysis/conversations.ts";
import { printable } from "../../protocol/text/printable.ts";
import { sinceStart } from "../../report/explain/quantities.ts";
import type { ExplainWords } from "../../report/explain/words.ts";
import type { CommandContext } from "../program/command-context.ts";

/** So much of one piece is shown; a piece is a packet's payload. */
const maxShown = 2000;

/** Prints both streams of a conversation as they are read, each piece with its packet. */
export function follower(
  context: CommandContext,
  number: number,
  words: ExplainWords,
): { readonly onData: ConversationOptions["onData"]; readonly hasFound: () => boolean } {
  let found = false;
  const { strong, faint } = context.style;
  return {
    hasFound: () => found,
    onData: (conversation, side, bytes, place) => {
      if (conversation.number !== number) return;
      found = true;
      const arrow = side === "client" ? "→" : "←";
      const title = `${place.packet}  ${sinceStart(place.time)}  ${arrow} ${words.sides[side]}, ${bytes.length} B`;
      context.result(`${faint(title)}\n${side === "client" ? strong(shown(bytes)) : shown(bytes)}`, {
        packet: place.packet,
        timeMs: Number((place.time / 1e6).toFixed(3)),
        side,
        bytes: bytes.length,
        base64: Buffer.from(bytes).toString("base64"),
      });
    },
  };
}

/** Text as it is, line by line; other bytes in hex. */
function shown(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-8").decode(bytes.subarray(0, maxShown));
  const isText = !/[\ufffd\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text.slice(0, -1));
  const more = bytes.length > maxShown ? `… (${bytes.length} B)` : "";
  if (!isText) return hexDump(bytes.subarray(0, maxShown)) + more;
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  return lines.map((line) => `    ${printable(line, maxShown)}`).join("\n") + more;
}

/** Sixteen bytes a line, in hex and as text. */
function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const text = Array.from(row, (byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "."));
    lines.push(`    ${at.toString(16).padStart(4, "0")}  ${hex.padEnd(47)}  ${text.join("")}`);
  }
  return lines.join("\n");
}
