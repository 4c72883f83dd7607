import { mkdtempSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** A temporary folder for the servers' files and for C programs, which are compiled when first used. */
export class Workshop implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "distsrv-bench-"));
  readonly #programs = new Map<string, Promise<string>>();
  #files = 0;

  /** @param source path within `test/bench`, e.g. `load/http.c` @returns the path of the program */
  program(source: string): Promise<string> {
    let made = this.#programs.get(source);
    if (made === undefined) {
      made = this.#compile(source);
      this.#programs.set(source, made);
    }
    return made;
  }

  async #compile(source: string): Promise<string> {
    const path = join(import.meta.dir, source);
    const target = join(this.folder, source.replace("/", "-").replace(/\.c$/, ""));
    const libraries = basename(source).startsWith("zmq-") ? ["-lzmq"] : [];
    const flags = ["-O2", "-Wall", "-Wextra", "-D_GNU_SOURCE"];
    const gcc = Bun.spawn(["gcc", ...flags, "-o", target, path, ...libraries], { stderr: "pipe" });
    const complaints = await new Response(gcc.stderr).text();
    if ((await gcc.exited) !== 0) throw new Error(`gcc cannot compile ${source}:\n${complaints}`);
    return target;
  }

  /** Writes a file of its own. @returns its path */
  async file(content: string | Uint8Array, ending = ""): Promise<string> {
    const path = join(this.folder, `file-${++this.#files}${ending}`);
    await Bun.write(path, content);
    return path;
  }

  /** @returns the path of a new, empty folder */
  newFolder(): Promise<string> {
    return mkdtemp(join(this.folder, "folder-"));
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
