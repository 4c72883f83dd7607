import { existsSync } from "node:fs";
import { type CommandNames, commandNames } from "./core/command-names.ts";

/** Whether this is a compiled program, rather than one that Bun or npm's package runs. */
export const isBinary = typeof LIBZMQ_TARGET !== "undefined" && LIBZMQ_TARGET !== "package";

/** How the two programs are typed in the shell in which this process was started. */
export const namesHere = (): CommandNames =>
  commandNames({
    isBinary,
    argv0: process.argv0,
    userAgent: process.env.npm_config_user_agent,
    exists: existsSync,
    which: (name) => Bun.which(name) ?? undefined,
  });
