import type { CliCommand } from "../command.ts";

/** Every command of distcli, in the order the help shows them. */
export const commands: readonly CliCommand[] = [];
