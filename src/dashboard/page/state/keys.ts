import { useEffect } from "preact/hooks";

/** The keyboard shortcuts, as the help dialog lists them. */
export const shortcuts = [
  ["1 … 5", "Go to a page"],
  ["t", "Light, dark, or as the system says"],
  ["?", "This help"],
  ["Space", "Wire: pause and go on"],
  ["f", "Wire: follow the newest message"],
  ["/", "Wire: search in messages"],
  ["e", "Wire: export"],
  ["↑ ↓ Home End", "Wire: choose a message"],
  ["Enter", "Wire: look into the chosen message"],
  ["Esc", "Close what has opened"],
] as const;

/** Calls the action of a key, unless the user is typing or a dialog is open. */
export function useKeys(actions: Readonly<Record<string, () => void>>): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isForOthers(event)) return;
      const action = actions[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  });
}

function isForOthers({ target, key }: KeyboardEvent): boolean {
  if (document.querySelector("dialog[open]") !== null) return true;
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("input, textarea, select, [contenteditable]") !== null) return true;
  // Space activates a focused button or link.
  return key === " " && target.closest("button, a, summary") !== null;
}
