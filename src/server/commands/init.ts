import { writeFileSync } from "node:fs";
import { exitStatus, type ServerIo } from "../io.ts";

/** Writes the commented lab profile to start from, never over a file. @returns the exit status */
export function init(file: string, io: ServerIo): number {
  try {
    writeFileSync(file, io.labYaml, { flag: "wx" });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const why =
      code === "EEXIST"
        ? "it is there already, and is left as it is; name another file"
        : error instanceof Error
          ? error.message
          : String(error);
    io.err(`Cannot write ${file}: ${why}\n`);
    return exitStatus.failed;
  }
  io.stdout.write(`Wrote ${file}. Run it with: distsrv --config ${file}\n`);
  return exitStatus.ok;
}
