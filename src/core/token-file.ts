import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where a distsrv that makes its own admin token leaves it for distcli on the same machine: a file per port, so that
 * two labs do not overwrite each other's. undefined where there is neither DISTSRV_STATE_DIR nor a home folder.
 */
export function tokenFile(environment: Environment, port: number): string | undefined {
  const folder = stateFolder(environment);
  return folder === undefined ? undefined : join(folder, `admin-${port}.token`);
}

/** Names of the environment by which a server is given its admin token, and a client on the same machine finds it. */
export const tokenVariables = { token: "DISTSRV_ADMIN_TOKEN", file: "DISTSRV_ADMIN_TOKEN_FILE" } as const;

function stateFolder(environment: Environment): string | undefined {
  const { DISTSRV_STATE_DIR, XDG_STATE_HOME, HOME, USERPROFILE } = environment;
  if (DISTSRV_STATE_DIR) return DISTSRV_STATE_DIR;
  if (XDG_STATE_HOME) return join(XDG_STATE_HOME, "distsrv");
  const home = HOME || USERPROFILE;
  return home ? join(home, ".local", "state", "distsrv") : undefined;
}
