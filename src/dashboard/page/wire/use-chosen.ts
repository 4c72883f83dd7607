import type { RefObject } from "preact";
import { useCallback, useState } from "preact/hooks";
import type { DiagramHandle } from "./diagram.tsx";
import type { EventRow, Row, RowList } from "./rows.ts";

/** The row that is chosen, and whether its details are open. */
export interface Chosen {
  readonly row: Row | undefined;
  /** The row whose details are shown. */
  readonly shown: EventRow | undefined;
  readonly choose: (no: number, opens: boolean) => void;
  readonly open: (isOpen: boolean) => void;
}

/**
 * @param feed has the same identity as long as the component lives, and the list that is shown
 * @param onChoose called when a row is chosen
 */
export function useChosen(
  feed: { readonly list: RowList },
  diagram: RefObject<DiagramHandle | null>,
  onChoose: () => void,
): Chosen {
  const [chosen, setChosen] = useState<Row>();
  const [isOpen, open] = useState(false);
  // With another filter it has another number, or is not there.
  const row = chosen && feed.list.find(chosen);
  const choose = useCallback((no: number, opens: boolean) => {
    setChosen(feed.list.at(no));
    open(opens);
    onChoose();
    // On a phone the details take the room of the lower rows.
    if (opens && matchMedia("(max-width: 640px)").matches)
      requestAnimationFrame(() => diagram.current?.scrollTo(no));
  }, []);
  return { row, shown: isOpen && row?.is === "event" ? row : undefined, choose, open };
}
