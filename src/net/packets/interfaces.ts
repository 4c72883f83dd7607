import { readdirSync, readFileSync } from "node:fs";

const root = "/sys/class/net";

export interface NetworkInterface {
  readonly name: string;
  readonly index: number;
}

/** The interfaces of this machine, as Linux lists them. */
export function networkInterfaces(): NetworkInterface[] {
  return readdirSync(root).flatMap((name) => {
    const index = indexOf(name);
    return index === undefined ? [] : [{ name, index }];
  });
}

/** Undefined: it has gone meanwhile, or is a file of another kind. */
function indexOf(name: string): number | undefined {
  try {
    const index = Number(readFileSync(`${root}/${name}/ifindex`, "utf8"));
    return Number.isInteger(index) && index > 0 ? index : undefined;
  } catch {
    return undefined;
  }
}
