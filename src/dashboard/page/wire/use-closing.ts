import { useRef } from "preact/hooks";
import { inOrderOfOpening } from "./opened.ts";

type Closable = readonly [isOpen: boolean, close: () => void];

/** @returns what Esc does: it closes what was opened last */
export function useClosing(things: Readonly<Record<string, Closable>>): () => void {
  const opened = useRef<readonly string[]>([]);
  const now = Object.fromEntries(Object.entries(things).map(([name, [isOpen]]) => [name, isOpen]));
  opened.current = inOrderOfOpening(opened.current, now);
  return () => things[opened.current.at(-1) ?? ""]?.[1]();
}
