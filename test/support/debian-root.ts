import { existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingOn, refusalOf } from "./machine.ts";
import { run } from "./program.ts";

const suite = "bookworm";

/** What making a Debian takes: about a minute, and longer over a slow network. */
const patience = 400_000;

/** A minimal Debian as a tar file, or why this machine cannot make one. */
export type DebianRoot =
  | { readonly tar: string; readonly refusal?: undefined }
  | { readonly refusal: string };

/**
 * Makes a minimal Debian 12, or takes the one of an earlier run from the folder for temporary files. It is what base
 * images and a chroot are made of where no registry can be asked.
 */
export async function debianRoot(): Promise<DebianRoot> {
  const missing = missingOn({ debootstrap: "debootstrap", tar: "tar", chroot: "coreutils" });
  if (missing !== undefined) return { refusal: missing };
  const tar = join(tmpdir(), `distsrv-debian-${suite}-${process.arch}.tar`);
  if (existsSync(tar)) return { tar };
  const folder = mkdtempSync(join(tmpdir(), "distsrv-debian-"));
  try {
    const root = join(folder, "root");
    const made = await run(["debootstrap", "--variant=minbase", suite, root], {}, patience);
    if (made.status !== 0)
      return { refusal: `needs debootstrap to work: ${lastLine(made.stdout + made.stderr)}` };
    const part = join(folder, "root.tar");
    const packed = refusalOf(["tar", "-C", root, "--numeric-owner", "-cf", part, "."]);
    if (packed !== undefined) throw new Error(packed);
    // At once, so that a run beside this one finds either all of it or nothing.
    renameSync(part, tar);
    return { tar };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const lastLine = (text: string) => text.trim().split("\n").at(-1) ?? "";
