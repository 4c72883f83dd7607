import { useRef } from "preact/hooks";

interface Press {
  readonly row: number;
  readonly x: number;
  readonly y: number;
}

/** Farther than that it was a drag, in pixels. */
const maxWay = 10;

/**
 * Chooses the row that was pressed. Rows scroll by while messages come: when the button is let go, another one may be
 * under the pointer, and the element of the pressed one may be gone, or show another: then the browser makes no click.
 */
export function useRowPress(onPress: (row: number) => void) {
  const pressed = useRef<Press | undefined>(undefined);
  return {
    onPointerDown: ({ target, button, clientX, clientY }: PointerEvent) => {
      const row = button === 0 ? rowOf(target) : undefined;
      pressed.current = row === undefined ? undefined : { row, x: clientX, y: clientY };
    },
    onPointerUp: ({ clientX, clientY }: PointerEvent) => {
      const press = pressed.current;
      pressed.current = undefined;
      if (press && Math.hypot(clientX - press.x, clientY - press.y) <= maxWay) onPress(press.row);
    },
    onPointerCancel: () => {
      pressed.current = undefined;
    },
    // A screen reader clicks without a pointer.
    onClick: ({ target, detail }: MouseEvent) => {
      const row = detail === 0 ? rowOf(target) : undefined;
      if (row !== undefined) onPress(row);
    },
  };
}

const idPrefix = "row-";

/** The id of a row's element. */
export const rowId = (row: number): string => `${idPrefix}${row}`;

function rowOf(target: EventTarget | null): number | undefined {
  if (!(target instanceof Element) || target.getAttribute("role") !== "option") return undefined;
  return Number(target.id.slice(idPrefix.length));
}
