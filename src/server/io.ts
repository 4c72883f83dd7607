import type { Tries } from "../core/try.ts";
import type { ProcessFacts } from "./admin/context.ts";
import type { ServeApp } from "./admin/start.ts";

/** All that the server's commands touch of the process; the entry hands the real one in. */
export interface ServerIo {
  /** Results. */
  readonly out: (text: string) => void;
  /** Everything that went wrong. */
  readonly err: (text: string) => void;
  readonly isTerminal: boolean;
  readonly colour: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** The profile inside the binary: the whole lab. */
  readonly labYaml: string;
  readonly spawnWorker: () => Worker;
  readonly serveApp: ServeApp;
  /** How services are tried from the dashboard; absent: not at all. */
  readonly tries?: () => Promise<Tries>;
  /** What the process says of itself just now. */
  readonly facts: () => ProcessFacts;
  /** Calls back at each request of this kind from outside, until the process ends. */
  readonly onSignal: (kind: "stop" | "report", call: (signal: string) => void) => void;
  /** Calls back for errors that nobody caught. */
  readonly onUncaught: (call: (error: unknown) => void) => void;
  /** Ends the process now. */
  readonly exit: (status: number) => void;
}

/** Exit statuses of distsrv. */
export const exitStatus = { ok: 0, failed: 1, usage: 2 } as const;
