import { onTestFinished } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DiskStore } from "../../../../src/roles/mqtt/durable/disk-store.ts";
import type { Contents } from "../../../../src/roles/mqtt/ports/store.ts";
import type { Disk } from "../../../../src/storage/disk.ts";
import { TestClock } from "../support/test-broker.ts";
import { type ModelState, ModelStore } from "./model-store.ts";

/** A directory that is there until the test ends. */
export function newDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "distsrv-store-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Options {
  readonly sync?: number;
  readonly onDamage?: "skip" | "stop";
  readonly segmentSize?: number;
  readonly wall?: () => number;
  readonly disk?: Disk;
}

const written = "store_written_bytes_total";

/** A store on a disk, and what it is to keep. */
export class StoreFixture {
  readonly log: string[] = [];
  readonly failures: unknown[] = [];
  readonly store: DiskStore;
  readonly model: ModelStore;
  contents: Contents = { sessions: [], retained: [], wills: [] };
  #resolve: (() => void) | undefined;

  constructor(
    path: string,
    { sync = 0, onDamage = "skip", segmentSize = 4096, wall = () => 1e12, disk }: Options = {},
    before?: ModelState,
  ) {
    const line = (level: string) => (text: string) => this.log.push(`${level} ${text}`);
    this.store = new DiskStore({
      config: { directory: path, sync, onDamage, segmentSize },
      clock: new TestClock(),
      wall,
      log: { info: line("info"), warning: line("warning"), error: line("error") },
      owner: "a test",
      checkpointPiece: 200,
      ...(disk !== undefined && { disk }),
    });
    this.model = new ModelStore(this.store, wall, before);
  }

  static async open(path: string, options?: Options, before?: ModelState): Promise<StoreFixture> {
    const fixture = new StoreFixture(path, options, before);
    fixture.contents = await fixture.store.load();
    fixture.store.begin(fixture.model, {
      onDurable: () => fixture.#resolve?.(),
      onFailure: (cause) => fixture.failures.push(cause),
      onRoom: () => {},
    });
    return fixture;
  }

  /** Commits, and waits until all that was recorded is durable. */
  async commit(): Promise<void> {
    const { recording } = this.store;
    this.store.commit();
    // A checkpoint commits by itself: there may be nothing left that this group could be written for.
    const isEmpty = this.store.recording === recording && this.store.position === this.store.stats()[written];
    const last = isEmpty ? recording - 1 : recording;
    while (this.store.durable < last) await new Promise<void>((resolve) => (this.#resolve = resolve));
  }

  close = () => this.store.close();
}
