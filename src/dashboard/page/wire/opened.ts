/**
 * What is open, the last one opened at the end: Esc closes that one.
 * @param before what this returned the last time
 */
export function inOrderOfOpening<T extends string>(
  before: readonly T[],
  now: Readonly<Record<T, boolean>>,
): readonly T[] {
  const open = (Object.keys(now) as T[]).filter((name) => now[name]);
  return [...before.filter((name) => now[name]), ...open.filter((name) => !before.includes(name))];
}
