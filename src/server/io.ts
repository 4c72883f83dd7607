import type { Tries } from "../core/try.ts";
import type { LineWriter } from "../observe/line-writer.ts";
import type { ProcessFacts } from "./admin/context.ts";
import type { ServeApp } from "./admin/start.ts";
import type { Descriptors } from "./run/descriptors.ts";

/** Everything of the process that the server's commands use. Injected by the entry. */
export interface ServerIo {
  /** Results and the log. */
  readonly stdout: LineWriter;
  /** Errors. */
  readonly err: (text: string) => void;
  readonly isTerminal: boolean;
  readonly colour: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** The configuration inside the binary: the whole lab. */
  readonly labYaml: string;
  readonly spawnWorker: () => Worker;
  readonly serveApp: ServeApp;
  /** Loads the clients that try services from the dashboard; absent: there are none. */
  readonly tries?: () => Promise<Tries>;
  readonly descriptors: Descriptors;
  /** The process' id, memory and processor time now. */
  readonly facts: () => ProcessFacts;
  /** Calls back at each signal of this kind, until the process ends. */
  readonly onSignal: (kind: "stop" | "report", call: (signal: string) => void) => void;
  /** Calls back for uncaught errors and unhandled rejections. */
  readonly onUncaught: (call: (error: unknown) => void) => void;
  /** Ends the process now. */
  readonly exit: (status: number) => void;
}

/** Exit statuses of distsrv. */
export const exitStatus = { ok: 0, failed: 1, usage: 2 } as const;
