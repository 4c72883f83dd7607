import { useRef } from "preact/hooks";

/** The last value that was known: while another query is under way, its old answer stays on the page. */
export function useKept<T>(value: T | undefined): T | undefined {
  const kept = useRef(value);
  if (value !== undefined) kept.current = value;
  return kept.current;
}
