import { isBinary } from "./names-here.ts";

/** How this program is started once more: to be called by its entry, since it asks for the file that Bun runs. */
export interface OwnProgram {
  readonly command: readonly string[];
  /** A binary looks at the name that it is called by, whatever its file is called. */
  readonly argv0?: string;
}

export const ownProgram = (name: "distsrv" | "distcli"): OwnProgram =>
  isBinary ? { command: [process.execPath], argv0: name } : { command: [process.execPath, Bun.main] };
