// Preloaded by bunfig.toml, so that its afterAll comes after those of the tests.
import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders: string[] = [];

/** A new folder, which is deleted when the tests that share the process, or the file, are over. */
export function scratchFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `distsrv-${name}-`));
  folders.push(folder);
  return folder;
}

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
