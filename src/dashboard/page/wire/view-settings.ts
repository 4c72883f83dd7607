import { persistent } from "../state/preferences.ts";
import { store } from "../state/store.ts";
import { formatNotes, parseNotes } from "./notes.ts";
import { rowHeights, usualHeight } from "./row-size.ts";
import { timeModes } from "./times.ts";

/** How the diagram is looked at; this browser remembers it. */
export const timeMode = persistent("wire-times", timeModes, "clock");
export const rowHeightText = persistent("wire-row-height", rowHeights.map(String), String(usualHeight));
export const setRowHeight = (height: number): void => rowHeightText.set(String(height));

const notesKey = "wire-notes";

/** The notes on messages, which it remembers, too. */
export const notes = store(parseNotes(localStorage.getItem(notesKey)));
notes.subscribe(() => localStorage.setItem(notesKey, formatNotes(notes.get())));
