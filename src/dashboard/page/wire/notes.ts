import type { TrafficEvent } from "../api/types.ts";

/** What somebody has remarked on a message, for a report. */
export interface Note {
  /** Empty: it is only highlighted. */
  readonly text: string;
  readonly isHighlighted: boolean;
}

/** By what identifies their messages; the oldest first. */
export type Notes = ReadonlyMap<string, Note>;

/** So many are remembered. */
export const maxNotes = 500;

/** A number is given once in each run of the server, and another run has another time. */
export const noteKey = ({ seq, time }: TrafficEvent): string => `${seq}@${Math.round(time)}`;

/** @param note undefined: it is taken away */
export function withNote(notes: Notes, event: TrafficEvent, note: Note | undefined): Notes {
  const next = new Map(notes);
  next.delete(noteKey(event));
  if (note !== undefined && (note.text.trim() !== "" || note.isHighlighted)) next.set(noteKey(event), note);
  return new Map([...next].slice(-maxNotes));
}

export const formatNotes = (notes: Notes): string =>
  JSON.stringify([...notes].map(([key, { text, isHighlighted }]) => [key, text, isHighlighted]));

/** What is not understood counts as no notes. */
export function parseNotes(text: string | null): Notes {
  try {
    const list: unknown = JSON.parse(text ?? "[]");
    return new Map(Array.isArray(list) ? list.filter(isEntry).map(noteOf) : []);
  } catch {
    return new Map();
  }
}

type Entry = readonly [key: string, text: string, isHighlighted: boolean];

const noteOf = ([key, text, isHighlighted]: Entry) => [key, { text, isHighlighted }] as const;

const isEntry = (entry: unknown): entry is Entry =>
  Array.isArray(entry) &&
  typeof entry[0] === "string" &&
  typeof entry[1] === "string" &&
  typeof entry[2] === "boolean";
