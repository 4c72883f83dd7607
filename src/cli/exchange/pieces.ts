import { textFields, textOfBytes } from "../../protocol/text/byte-text.ts";
import { terminalSafe } from "../../protocol/text/terminal-safe.ts";
import type { CommandContext } from "../program/command-context.ts";
import type { OnBytes } from "./message-reader.ts";

/**
 * Prints a reply in the pieces in which `recv(chunk)` hands it out: each has what has arrived, and no more than `chunk`
 * bytes. TCP keeps no borders, so they say nothing about how the server has written it.
 */
export function showPieces(context: CommandContext, chunk: number, client?: number): OnBytes {
  const who = client === undefined ? "" : `client ${client}: `;
  return (bytes, before) => {
    for (let at = 0; at < bytes.length; at += chunk) {
      const piece = bytes.subarray(at, at + chunk);
      const text = textOfBytes(piece);
      const shown = oneLine(text);
      context.result(context.quiet ? shown : `${who}Received ${piece.length} bytes: ${shown}`, {
        client,
        offset: before + at,
        bytes: piece.length,
        ...textFields("piece", text),
      });
    }
  };
}

/** A character that is cut in two is shown as its bytes: `\xc2`. */
const oneLine = (text: string): string => terminalSafe(text.replaceAll("\n", "\\n").replaceAll("\r", "\\r"));
