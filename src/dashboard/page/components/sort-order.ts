export interface SortedColumn {
  /** By which the rows can be sorted; absent: they cannot. */
  readonly sort?: string;
  /** Sorted by it, the largest come first. */
  readonly isLargestFirst?: boolean;
}

/** The order after a click on a column: its own first one, then the other way round. "-" stands before a descending one. */
export function nextSort({ sort = "", isLargestFirst }: SortedColumn, now: string | undefined): string {
  const [up, down] = [sort, `-${sort}`];
  const first = isLargestFirst ? down : up;
  return now === first ? (first === up ? down : up) : first;
}
