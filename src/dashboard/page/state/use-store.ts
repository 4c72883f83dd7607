import { useEffect, useState } from "preact/hooks";
import type { Store } from "./store.ts";

/** The value of a store; the component is rendered again when it changes. */
export function useStore<T>(source: Store<T>): T {
  const [, rerender] = useState(0);
  const rendered = source.get();
  useEffect(() => {
    const update = () => rerender((count) => count + 1);
    // It may have changed after the component was rendered and before this subscription.
    if (!Object.is(source.get(), rendered)) update();
    return source.subscribe(update);
  }, [source]);
  return rendered;
}
