import type { Parts } from "../../net/zmq/socket.ts";
import { printable } from "../../protocol/text/printable.ts";

interface Told {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** What is told of a message: `Published: WAKTU ...`, and its frames as one run of bytes. */
export function tellParts(words: string, parts: Parts): Told {
  const text = `${words}: ${parts.map((part) => printable(part)).join(" | ")}`;
  const [first, ...more] = parts;
  return { text, bytes: first !== undefined && more.length === 0 ? first : Buffer.concat(parts) };
}
