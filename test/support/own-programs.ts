import { join } from "node:path";

/**
 * The folder of the binaries that `npm test` makes before it begins: they start in a third of the time. Absent: the
 * programs run from source, so that the tests of one file need no build.
 */
const { DISTSRV_BINARIES: binaries } = process.env;
const root = join(import.meta.dir, "../..");

const command = (name: "distsrv" | "distcli"): readonly string[] =>
  binaries === undefined ? [process.execPath, join(root, "src", `${name}.ts`)] : [join(root, binaries, name)];

/** How a test starts our programs, in processes of their own. */
export const distsrv = command("distsrv");
export const distcli = command("distcli");
