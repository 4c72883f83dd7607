import { texts } from "../text/language.ts";
import type { Note } from "./notes.ts";

const words = texts({
  en: {
    label: "Note on this message",
    note: "Note",
    hint: "Note for the report",
    highlight: "Highlight",
  },
  id: {
    label: "Catatan pada pesan ini",
    note: "Catatan",
    hint: "Catatan untuk laporan",
    highlight: "Sorot",
  },
});

interface NoteEditorProps {
  readonly note: Note | undefined;
  readonly onNote: (note: Note) => void;
}

const nothing: Note = { text: "", isHighlighted: false };

/** A remark on a message, and whether its row is highlighted; both are exported with it. */
export function NoteEditor({ note = nothing, onNote }: NoteEditorProps) {
  return (
    <fieldset class="note-editor" aria-label={words.label}>
      <input
        id="note-text"
        aria-label={words.note}
        placeholder={words.hint}
        maxLength={500}
        value={note.text}
        onInput={(event) => onNote({ ...note, text: event.currentTarget.value })}
        onKeyDown={(event) => ["Enter", "Escape"].includes(event.key) && event.currentTarget.blur()}
      />
      <button
        type="button"
        aria-pressed={note.isHighlighted}
        onClick={() => onNote({ ...note, isHighlighted: !note.isHighlighted })}
      >
        {words.highlight}
      </button>
    </fieldset>
  );
}
