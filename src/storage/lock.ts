import { Database } from "bun:sqlite";
import { closeSync, constants, lstatSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Whoever may write to the directory must not choose which file is written to; Windows has no such flag. */
const noLink = constants.O_NOFOLLOW ?? 0;

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
    const file = join(directory, "lock");
    const ino = makeFile(file);
    const database = new Database(file);
    try {
      database.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    } catch (cause) {
      database.close();
      if (!isBusy(cause)) throw cause;
      throw new DirectoryInUseError(directory, ownerIn(directory), cause);
    }
    // The one who had it may have removed the file meanwhile, and somebody else made another: then this lock is one of nothing.
    if (lstatSync(file, { throwIfNoEntry: false })?.ino !== ino) {
      database.close();
      throw new DirectoryInUseError(directory, ownerIn(directory), undefined);
    }
    try {
      nameOwner(directory, owner);
    } catch (error) {
      database.close();
      throw error;
    }
    return new DirectoryLock(database);
  }

  release(): void {
    this.#database.close();
  }
}

/**
 * Makes the file unless it is there, in which case it is not even opened: closing any descriptor of a file gives away all locks
 * on it that this process has. (POSIX.1-2017, fcntl)
 * @returns its inode
 */
function makeFile(file: string): number {
  try {
    closeSync(openSync(file, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noLink, 0o600));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const found = lstatSync(file);
  if (!found.isFile())
    throw new Error(`${file} is there, and is no file: a link could lead to any other one`);
  return found.ino;
}

function nameOwner(directory: string, owner: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | noLink;
  const file = openSync(join(directory, "owner"), flags, 0o644);
  try {
    writeFileSync(file, `${owner}\n`);
  } finally {
    closeSync(file);
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
