import { useEffect, useState } from "preact/hooks";

/** A value that tells when it changes. What all views share is kept in such cells, outside of the views. */
export interface Cell<T> {
  get(): T;
  set(next: T): void;
  /** @returns how to stop listening */
  listen(listener: () => void): () => void;
}

export function cell<T>(first: T): Cell<T> {
  const listeners = new Set<() => void>();
  let value = first;
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value of a cell; the component is drawn again when it changes. */
export function useCell<T>(source: Cell<T>): T {
  const [, redraw] = useState(0);
  const drawn = source.get();
  useEffect(() => {
    const again = () => redraw((count) => count + 1);
    // It may have changed between the drawing and now, when nobody listened.
    if (!Object.is(source.get(), drawn)) again();
    return source.listen(again);
  }, [source]);
  return drawn;
}

/** A cell whose value outlives the page in this browser, as a word among those allowed. */
export function kept<T extends string>(name: string, allowed: readonly T[], fallback: T): Cell<T> {
  const stored = localStorage.getItem(name);
  const value = cell<T>(allowed.find((word) => word === stored) ?? fallback);
  value.listen(() => localStorage.setItem(name, value.get()));
  return value;
}
