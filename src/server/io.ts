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
  /** Calls back at each request of this kind from outside, until the process ends. */
  readonly onSignal: (kind: "stop" | "report", call: (signal: string) => void) => void;
  /** Calls back for errors that nobody caught. */
  readonly onUncaught: (call: (error: unknown) => void) => void;
  /** Ends the process now. */
  readonly exit: (status: number) => void;
}

/** Exit statuses of distsrv. */
export const exitStatus = { ok: 0, failed: 1, usage: 2 } as const;
