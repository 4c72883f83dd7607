import type { CommandNames } from "../core/command-names.ts";
import type { Tries } from "../core/try.ts";
import type { LineWriter } from "../observe/line-writer.ts";
import type { CopyStore, ProcessFacts } from "./admin/context.ts";
import type { LocalUsers } from "./admin/local-users.ts";
import type { ServeApp } from "./admin/start.ts";
import type { CaptureScripts } from "./run/capture-script.ts";
import type { Descriptors } from "./run/descriptors.ts";

/** A port that the server wants, as the net layer names it in an error. */
export interface WantedPort {
  readonly service: string;
  /** The path of the listener's settings within the service's, if it has several listeners. */
  readonly part?: string | undefined;
  /** The path of its settings in the configuration, if not under `services`. */
  readonly settings?: string | undefined;
  readonly transport: "TCP" | "UDP";
  readonly host: string;
  readonly port: number;
}

export interface BusyPort {
  readonly target: WantedPort;
  readonly error: Error;
}

/** What a signal asks for: to stop, to log counters, to read the file again, to go on in a new log file. */
export type SignalKind = "stop" | "report" | "reload" | "reopen";

/** Takes a directory for this process alone. @returns how to give it back, or who has it */
export type DirectoryLocking = (
  directory: string,
  owner: string,
) => { readonly release: () => void } | { readonly heldBy: string };

/** Everything of the process that the server's commands use. Injected by the entry. */
export interface ServerIo {
  /** Results and the log. */
  readonly stdout: LineWriter;
  /** Errors. */
  readonly err: (text: string) => void;
  readonly isTerminal: boolean;
  readonly colour: boolean;
  /** How this program and its client are run, for the commands that are printed. */
  readonly names: CommandNames;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** The configuration inside the binary: the whole lab. */
  readonly labYaml: string;
  readonly spawnWorker: () => Worker;
  readonly serveApp: ServeApp;
  /** Absent where the system does not show whose connections are whose. */
  readonly localUsers?: LocalUsers | undefined;
  /** Loads the clients that try services from the dashboard; absent: there are none. */
  readonly tries?: () => Promise<Tries>;
  readonly copyStore: CopyStore;
  readonly lockDirectory: DirectoryLocking;
  /** Loads what writes scripts for Wireshark, which are many kilobytes of Lua. */
  readonly captureScripts: () => Promise<CaptureScripts>;
  readonly descriptors: Descriptors;
  /** Those ports that other programs have, each with its error; absent: only the first is reported. */
  readonly busyPorts?: (wanted: readonly WantedPort[]) => Promise<BusyPort[]>;
  /** Asks a person, who answers yes or no; absent: nobody is there to answer. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  /** The process' id, memory and processor time now. */
  readonly facts: () => ProcessFacts;
  /** Calls back at each signal of this kind, until the process ends. */
  readonly onSignal: (kind: SignalKind, call: (signal: string) => void) => void;
  /** Calls when the file may have changed. @returns what ends that */
  readonly watchFile: (path: string, call: () => void) => () => void;
  /** Calls back for uncaught errors and unhandled rejections. */
  readonly onUncaught: (call: (error: unknown) => void) => void;
  /** Ends the process now. */
  readonly exit: (status: number) => void;
}

/** Exit statuses of distsrv. */
export const exitStatus = { ok: 0, failed: 1, usage: 2 } as const;
