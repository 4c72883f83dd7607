import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Disk, DiskFile } from "../../src/storage/disk.ts";
import type { Random } from "../support/random.ts";

const sector = 512;

/** A write that is not on the disk yet: any of its sectors may be. */
interface Write {
  readonly bytes: Buffer;
  readonly position: number;
}

/** A file as the disk has it, whatever its name. */
class Inode {
  constructor(public bytes: Buffer) {}
  readonly onTheirWay = new Set<Write>();

  settle(write: Write): void {
    write.bytes.copy(this.bytes, write.position);
    this.onTheirWay.delete(write);
  }
}

/**
 * A disk whose power may fail. What was written, and names that were given, are lost then unless they were synced; of a
 * write that is on its way any sectors are there. Nothing is done at once: `step` does the next thing.
 */
export class FragileDisk implements Disk {
  readonly #random: Random;
  /** Names as the program sees them, and as they are on the disk. */
  readonly #names = new Map<string, Inode>();
  #synced = new Map<string, Inode>();
  readonly #work: (() => void)[] = [];
  #hasPower = true;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Does one of the things that wait. @returns whether there was one */
  step(): boolean {
    if (this.#work.length === 0) return false;
    const index = this.#random.below(this.#work.length);
    const [work] = this.#work.splice(index, 1);
    work?.();
    return true;
  }

  /** Puts files that were there into the disk. */
  load(path: string, bytes: Buffer): void {
    const inode = new Inode(bytes);
    this.#names.set(basename(path), inode);
    this.#synced.set(basename(path), inode);
  }

  #later<T>(act: () => T): Promise<T> {
    const { promise, resolve } = Promise.withResolvers<T>();
    this.#work.push(() => resolve(act()));
    return promise;
  }

  open(path: string, syncs: boolean): DiskFile {
    const inode = this.#names.get(basename(path));
    if (inode === undefined) throw new Error(`${path} is not there`);
    /** Done, and not synced: the disk has any of it. */
    const done = new Set<Write>();
    return {
      write: (bytes, from, end, position, call) => {
        const write = { bytes: Buffer.from(bytes.subarray(from, end)), position };
        inode.onTheirWay.add(write);
        this.#work.push(() => {
          if (!this.#hasPower) return;
          if (syncs) inode.settle(write);
          else done.add(write);
          call(null);
        });
      },
      sync: () => {
        const covered = [...done];
        return this.#later(() => {
          if (!this.#hasPower) return;
          for (const write of covered) inode.settle(write);
          for (const write of covered) done.delete(write);
        });
      },
      close: () => {},
    };
  }

  fill(path: string, size: number): Promise<void> {
    return this.#later(() => void this.#names.set(basename(path), new Inode(Buffer.alloc(size))));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#later(() => {
      const inode = this.#names.get(basename(from));
      if (inode === undefined) throw new Error(`${from} is not there`);
      this.#names.delete(basename(from));
      this.#names.set(basename(to), inode);
    });
  }

  remove(path: string): Promise<void> {
    return this.#later(() => void this.#names.delete(basename(path)));
  }

  syncNames(): Promise<void> {
    return this.#later(() => {
      this.#synced = new Map(this.#names);
    });
  }

  /** The power fails. What is on the disk is written into a folder. */
  cut(folder: string): void {
    this.#hasPower = false;
    mkdirSync(folder, { recursive: true });
    for (const [name, { bytes, onTheirWay }] of this.#surviving()) {
      const survived = Buffer.from(bytes);
      for (const write of onTheirWay) this.#tear(survived, write);
      writeFileSync(join(folder, name), survived);
    }
  }

  /** The file system may have written a name that nobody waited for, or not: each file has its old name or its new one. */
  #surviving(): Map<string, Inode> {
    const names = new Map(this.#synced);
    for (const [name, inode] of this.#names) {
      if (this.#synced.get(name) === inode || this.#random.below(2) === 0) continue;
      for (const [old, other] of names) if (other === inode) names.delete(old);
      names.set(name, inode);
    }
    return names;
  }

  #tear(bytes: Buffer, write: Write): void {
    for (let at = 0; at < write.bytes.length; ) {
      const end = Math.min(write.bytes.length, at + sector - ((write.position + at) % sector));
      if (this.#random.below(2) === 0) write.bytes.copy(bytes, write.position + at, at, end);
      at = end;
    }
  }
}
