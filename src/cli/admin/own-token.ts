import { readFileSync } from "node:fs";
import { isLoopback } from "../../core/address.ts";
import { tokenFile, tokenVariables } from "../../core/token-file.ts";

/** As the Debian package's unit has it. */
const ofService = { DISTSRV_STATE_DIR: "/var/lib/distsrv" };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The token of a distsrv on this machine, as it was given to it or as it made it itself; undefined where there is none
 * that this user may read. Another machine never gets to see it.
 */
export function ownToken(environment: Environment, host: string, port: number): string | undefined {
  if (!isLoopback(host)) return undefined;
  return (
    environment[tokenVariables.token] ||
    textOf(environment[tokenVariables.file]) ||
    textOf(tokenFile(environment, port)) ||
    textOf(tokenFile(ofService, port))
  );
}

function textOf(file: string | undefined): string | undefined {
  if (!file) return undefined;
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch {
    // Most servers have no token: then there is no file.
    return undefined;
  }
}
