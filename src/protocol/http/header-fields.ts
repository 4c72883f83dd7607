/** Header fields as they came, checked. */
export class HeaderFields {
  /** Each field in its order, its name as it was written. */
  readonly entries: readonly (readonly [name: string, value: string])[];

  /** @param lines each with its line end */
  constructor(lines: string) {
    this.entries = lines
      .split("\r\n")
      .slice(0, -1)
      .map((line) => {
        const end = line.indexOf(":");
        return [line.slice(0, end), trimBlanks(line.slice(end + 1))] as const;
      });
  }

  /** The value of a field; those of several fields of this name are joined, as RFC 9110 has it in section 5.3. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    let found: string | undefined;
    for (const [one, value] of this.entries) {
      if (one.length !== wanted.length || one.toLowerCase() !== wanted) continue;
      found = found === undefined ? value : `${found}${wanted === "cookie" ? "; " : ", "}${value}`;
    }
    return found;
  }
}

/** Not `trim`, which takes more than spaces and tabs away. */
const trimBlanks = (value: string): string => value.replace(/^[ \t]+|[ \t]+$/g, "");
