import { type Decoded, fieldsOf, numberOf } from "./payload.ts";

/** A field that has another value than before. */
export interface FieldChange {
  readonly kind: "field";
  readonly path: string;
  /** Undefined: it was not there. */
  readonly before: string | undefined;
  /** Undefined: it is gone. */
  readonly now: string | undefined;
}

/** A text with the part that is new. */
export interface TextChange {
  readonly kind: "text";
  readonly start: string;
  readonly removed: string;
  readonly added: string;
  readonly end: string;
}

export type Change = FieldChange | TextChange;

/** What has changed from one payload to the next. Empty: nothing, or they cannot be compared. */
export function differences(before: Decoded, now: Decoded): readonly Change[] {
  if (before.json !== undefined && now.json !== undefined) return fieldChanges(before, now);
  if (before.text === undefined || now.text === undefined || before.text === now.text) return [];
  const [old, fresh] = [before.text, now.text];
  // Of a number each digit would be right, and nobody could read it.
  if (numberOf(old) !== undefined && numberOf(fresh) !== undefined) return [whole(old, fresh)];
  return [textChange([...old], [...fresh])];
}

function fieldChanges(before: Decoded, now: Decoded): FieldChange[] {
  const [old, fresh] = [fieldsOf(before), fieldsOf(now)];
  const changes: FieldChange[] = [];
  for (const path of new Set([...fresh.keys(), ...old.keys()])) {
    const [a, b] = [shown(old, path), shown(fresh, path)];
    if (a !== b) changes.push({ kind: "field", path, before: a, now: b });
  }
  return changes;
}

const shown = (fields: ReadonlyMap<string, unknown>, path: string): string | undefined =>
  fields.has(path) ? JSON.stringify(fields.get(path)) : undefined;

const whole = (removed: string, added: string): TextChange => ({
  kind: "text",
  start: "",
  removed,
  added,
  end: "",
});

/** What the two have in common at their beginnings and ends stays. */
function textChange(before: readonly string[], now: readonly string[]): TextChange {
  const shortest = Math.min(before.length, now.length);
  let start = 0;
  while (start < shortest && before[start] === now[start]) start++;
  let end = 0;
  while (end < shortest - start && before.at(-1 - end) === now.at(-1 - end)) end++;
  const part = (text: readonly string[], from: number, to: number) => text.slice(from, to).join("");
  return {
    kind: "text",
    start: part(now, 0, start),
    removed: part(before, start, before.length - end),
    added: part(now, start, now.length - end),
    end: part(now, now.length - end, now.length),
  };
}
