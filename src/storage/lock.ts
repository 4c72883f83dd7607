import { Database } from "bun:sqlite";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Another process has the directory. */
export class DirectoryInUseError extends Error {
  override readonly name = "DirectoryInUseError";
  constructor(
    directory: string,
    /** What that one has called itself. */
    readonly heldBy: string,
    cause: unknown,
  ) {
    super(`${directory} is in use by ${heldBy}: one process at a time`, { cause });
  }
}

/**
 * One process per directory. SQLite's exclusive lock on an empty file is a lock of the operating system's: it dies with
 * its process, on every file system and system that SQLite knows.
 */
export class DirectoryLock {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  /**
   * @param owner who takes it: told to whoever comes too late
   * @throws {DirectoryInUseError} when another one has it
   */
  static take(directory: string, owner: string): DirectoryLock {
    const database = new Database(join(directory, "lock"), { create: true });
    try {
      database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    } catch (cause) {
      database.close();
      if (!isBusy(cause)) throw cause;
      throw new DirectoryInUseError(directory, ownerIn(directory), cause);
    }
    writeFileSync(join(directory, "owner"), `${owner}\n`);
    return new DirectoryLock(database);
  }

  release(): void {
    this.#database.close();
  }
}

const isBusy = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "SQLITE_BUSY";

function ownerIn(directory: string): string {
  try {
    return readFileSync(join(directory, "owner"), "utf8").trim() || "another process";
  } catch {
    return "another process";
  }
}
