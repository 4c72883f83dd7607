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

/** Whether the words of a name begin with these: `mqtt/latency` is for all that begin so, `mqtt` for the group. */
function begins(name: string, wanted: string): boolean {
  return (
    name === wanted ||
    name.startsWith(`${wanted}/`) ||
    (wanted.includes("/") && name.startsWith(`${wanted}-`))
  );
}

/**
 * What is measured: all, or what the names say. What takes minutes only with `isFull`, or when it is named by more
 * than its group.
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
