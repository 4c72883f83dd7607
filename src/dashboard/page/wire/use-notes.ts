import { useStore } from "../state/use-store.ts";
import { type Note, type Notes, noteKey, withNote } from "./notes.ts";
import type { Row } from "./rows.ts";
import { notes } from "./view-settings.ts";

/** Opens the details, if a message is chosen, and goes to its note. */
export function writeNote(open: (isOpen: boolean) => void): void {
  open(true);
  requestAnimationFrame(() => document.getElementById("note-text")?.focus());
}

/** All notes, and that of the chosen row. */
export interface ChosenNote {
  readonly all: Notes;
  readonly note: Note | undefined;
  readonly set: (note: Note) => void;
  readonly toggleHighlight: () => void;
}

export function useNotes(row: Row | undefined): ChosenNote {
  const all = useStore(notes);
  const event = row?.is === "event" ? row.event : undefined;
  const note = event && all.get(noteKey(event));
  const set = (next: Note) => event && notes.set(withNote(notes.get(), event, next));
  return {
    all,
    note,
    set,
    toggleHighlight: () => set({ text: note?.text ?? "", isHighlighted: note?.isHighlighted !== true }),
  };
}
