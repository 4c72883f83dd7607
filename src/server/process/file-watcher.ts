import { statSync } from "node:fs";
import { describeError } from "../../core/errors.ts";
import type { Plan } from "../config/plan.ts";
import type { ServerIo } from "../io.ts";

/** Watches the configuration and the files that it names, while it asks for that. */
export class FileWatcher {
  readonly #file: string | undefined;
  readonly #io: Pick<ServerIo, "watchFile" | "err">;
  readonly #call: () => void;
  readonly #watched = new Map<string, () => void>();

  /** @param file without one there is nothing to watch */
  constructor(file: string | undefined, io: Pick<ServerIo, "watchFile" | "err">, call: () => void) {
    this.#file = file;
    this.#io = io;
    this.#call = call;
  }

  follow({ settings, otherFiles }: Plan): void {
    const wanted =
      settings.watch && this.#file !== undefined ? [this.#file, ...otherFiles.filter(isFile)] : [];
    for (const path of this.#watched.keys()) if (!wanted.includes(path)) this.#leave(path);
    for (const path of wanted) if (!this.#watched.has(path)) this.#watch(path);
  }

  stop(): void {
    for (const path of this.#watched.keys()) this.#leave(path);
  }

  #watch(path: string): void {
    try {
      this.#watched.set(path, this.#io.watchFile(path, this.#call));
    } catch (error) {
      const why = describeError(error);
      this.#io.err(`Cannot watch ${path}, so it is read again only when asked to: ${why}\n`);
    }
  }

  #leave(path: string): void {
    this.#watched.get(path)?.();
    this.#watched.delete(path);
  }
}

/** A folder, such as that of a durable broker, changes all the time. */
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
