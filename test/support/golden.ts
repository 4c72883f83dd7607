import { readFileSync } from "node:fs";

export type GoldenEvent =
  | { readonly from: "client" | "server"; readonly kind: "bytes"; readonly bytes: Buffer }
  | { readonly from: "client" | "server"; readonly kind: "FIN" | "RST" };

export interface GoldenScene {
  readonly name: string;
  readonly port: number;
  /** What was typed into the original client and what it printed. */
  readonly clients: readonly {
    readonly stdin?: readonly string[] | null;
    readonly stdout: string;
    readonly args?: string;
  }[];
  readonly connections: readonly (readonly GoldenEvent[])[];
}

interface Recorded {
  readonly name: string;
  readonly port: number;
  readonly clients: GoldenScene["clients"];
  readonly connections: readonly { readonly events: readonly (readonly [string, string])[] }[];
}

/** A recording of the original programs' bytes on the wire. */
export function golden(name: string): GoldenScene {
  const path = new URL(`../golden/${name}.json`, import.meta.url);
  const recorded = JSON.parse(readFileSync(path, "utf8")) as Recorded;
  return {
    ...recorded,
    connections: recorded.connections.map(({ events }) =>
      events.map(([direction, what]) => {
        const from = direction === "c2s" ? "client" : "server";
        if (what === "FIN" || what === "RST") return { from, kind: what };
        return { from, kind: "bytes", bytes: Buffer.from(what, "hex") };
      }),
    ),
  };
}
