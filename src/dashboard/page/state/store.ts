/** An observable value. State that several views share is kept in stores, outside of the components. */
export interface Store<T> {
  get(): T;
  set(next: T): void;
  /** @returns how to unsubscribe */
  subscribe(listener: () => void): () => void;
}

export function store<T>(first: T): Store<T> {
  const listeners = new Set<() => void>();
  let value = first;
  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
