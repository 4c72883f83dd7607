import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describeError } from "../../core/errors.ts";
import type { Registry } from "../config/plan.ts";
import { exitStatus, type ServerIo } from "../io.ts";
import { schemaText } from "./roles.ts";

/** The first line of the profile names it, for editors. */
const schemaName = "distsrv.schema.json";

/**
 * Writes the commented lab profile to start from, and the JSON Schema beside it, never over a file.
 * @returns the exit status
 */
export function init(file: string, registry: Registry, io: ServerIo): number {
  const schemaFile = join(dirname(file), schemaName);
  const schema = schemaText(registry);
  try {
    if (basename(file) === schemaName) {
      throw new Error(
        `Cannot write ${file}: that is the name of the schema; name the file lab.yaml, for example`,
      );
    }
    write(file, io.labYaml);
    if (!isThere(schemaFile, schema, io)) write(schemaFile, schema);
  } catch (error) {
    io.err(`${describeError(error)}\n`);
    return exitStatus.failed;
  }
  io.stdout.write(
    `Wrote ${file}, and beside it ${schemaName} for editors. Run it with: ${io.names.distsrv} --config ${file}\n`,
  );
  return exitStatus.ok;
}

/** An earlier schema may be another version's, or changed: it is left as it is. */
function isThere(file: string, schema: string, io: ServerIo): boolean {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return false; // if it cannot be read for another reason, writing it says so
  }
  if (text !== schema)
    io.err(
      `${file} is there already, and is left as it is. To renew it: ${io.names.distsrv} schema > ${file}\n`,
    );
  return true;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (cause) {
    const isTaken = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    const why = isTaken
      ? "it is there already, and is left as it is; name another file"
      : describeError(cause);
    throw new Error(`Cannot write ${file}: ${why}`);
  }
}
