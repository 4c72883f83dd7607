/** What the name of a bench row is made of. */
export interface Choosable {
  readonly group: string;
  readonly title: string;
  readonly isHeavy?: boolean;
}

/** `mqtt/qos-0-1-10`: the group, and the words of the title. */
export const nameOf = ({ group, title }: Choosable): string =>
  `${group}/${title
    .toLowerCase()
    .replaceAll(/(?<=\d)[,.](?=\d)/g, "")
    .replaceAll(/[^a-z0-9#]+/g, "-")
    .replaceAll(/^-|-$/g, "")}`;

/** Whether a name begins with these words: `mqtt/latency` selects all that begin so, `mqtt` the group. */
function begins(name: string, prefix: string): boolean {
  return (
    name === prefix ||
    name.startsWith(`${prefix}/`) ||
    (prefix.includes("/") && name.startsWith(`${prefix}-`))
  );
}

/**
 * The rows to measure: all, or those of the names. Heavy rows only with `isFull`, or when named by more than their
 * group.
 */
export function choose<T extends Choosable>(
  all: readonly T[],
  names: readonly string[],
  isFull: boolean,
): T[] {
  return all.filter((row) => {
    const own = nameOf(row);
    const naming = names.filter((name) => begins(own, name));
    if (names.length > 0 && naming.length === 0) return false;
    return row.isHeavy !== true || isFull || naming.some((name) => name.includes("/"));
  });
}

/** @throws {Error} that lists the groups, or the names in the group */
export function checkNames(all: readonly Choosable[], names: readonly string[]): void {
  for (const name of names) {
    if (all.some((row) => begins(nameOf(row), name))) continue;
    const group = name.split("/")[0];
    const inGroup = all.filter((row) => row.group === group).map(nameOf);
    const right = inGroup.length > 0 ? inGroup : [...new Set(all.map((row) => row.group))];
    throw new Error(`there is no benchmark "${name}". There are ${right.join(", ")}`);
  }
}
