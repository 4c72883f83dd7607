import { expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { DiskStore } from "../../../../src/roles/mqtt/durable/disk-store.ts";
import { FragileDisk } from "../../../storage/fragile-disk.ts";
import { Random } from "../../../support/random.ts";
import { act, randomAction } from "./actions.ts";
import { type ModelState, snapshotOf } from "./model-store.ts";
import { newDirectory, StoreFixture } from "./store-fixture.ts";

const cuts = Number(process.env.DISTSRV_POWER_CUTS ?? 200);
const seed = Number(process.env.DISTSRV_MODEL_SEED ?? Math.floor(Math.random() * 1e9));

/** One life of a store: changes, commits and a disk that is slow, until the power fails. */
class Life {
  readonly disk: FragileDisk;
  /** What the store is to keep once a group is durable, by the group's number. */
  readonly states = new Map<number, { readonly text: string; readonly state: ModelState }>();
  #seen: number;

  private constructor(
    readonly random: Random,
    readonly fixture: StoreFixture,
    disk: FragileDisk,
  ) {
    this.disk = disk;
    this.#seen = fixture.store.group;
    this.#remember(this.#seen - 1);
  }

  static async begin(
    random: Random,
    path: string,
    sync: number,
    before: ModelState | undefined,
  ): Promise<Life> {
    const disk = new FragileDisk(random);
    for (const name of readdirSync(path))
      if (name.endsWith(".log")) disk.load(name, readFileSync(join(path, name)));
    const opening = StoreFixture.open(path, { disk, sync, segmentSize: 2048 }, before);
    return new Life(random, await pumped(disk, opening), disk);
  }

  /** A group that ends now has what the model has now: nothing else has changed since it was recorded. */
  note(): void {
    for (; this.#seen < this.fixture.store.group; this.#seen++) this.#remember(this.#seen);
  }

  #remember(group: number): void {
    const { model } = this.fixture;
    this.states.set(group, { text: model.snapshot(), state: model.copy() });
  }

  async run(steps: number): Promise<void> {
    const { store, model } = this.fixture;
    for (let step = 0; step < steps; step++) {
      const what = this.random.below(10);
      if (what < 5) act(model, randomAction(this.random));
      else if (what < 7) store.commit();
      else this.disk.step();
      this.note();
      // What waits for the disk goes on.
      for (let turn = 0; turn < 3; turn++) await Promise.resolve();
      // The timer of a sync, too.
      if (what === 9) await new Promise<void>((resolve) => setTimeout(resolve));
      this.note();
    }
  }
}

/** Lets the disk work until this is done. */
async function pumped<T>(disk: FragileDisk, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  while (!isDone) {
    disk.step();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return done;
}

/**
 * Lives of one store, each with what the last one's power cut has left.
 * @param promised the last group that must be there
 */
async function live(
  sync: number,
  random: Random,
  promised: (store: DiskStore) => number,
  isExpected: (line: string) => boolean,
): Promise<void> {
  let path = newDirectory();
  let before: ModelState | undefined;
  // Half as often where each life waits for a timer.
  for (let cut = 0; cut < cuts / (sync === 0 ? 1 : 2); cut++) {
    const life = await Life.begin(random, path, sync, before);
    await life.run(10 + random.below(120));
    const durable = promised(life.fixture.store);
    const next = newDirectory();
    life.disk.cut(next);
    const again = new StoreFixture(next, { segmentSize: 2048 });
    const contents = await again.store.load();
    const found = snapshotOf(contents);
    const allowed = [...life.states].filter(([group]) => group >= durable).map(([, one]) => one);
    expect(allowed.map(({ text }) => text)).toContain(found);
    expect(again.log.filter((line) => !line.startsWith("info") && !isExpected(line))).toEqual([]);
    await again.close();
    // What was left out is not there for whoever comes next either.
    const last = new StoreFixture(next, { segmentSize: 2048 });
    expect(snapshotOf(await last.store.load())).toBe(found);
    expect(last.log.filter((line) => !line.startsWith("info"))).toEqual([]);
    await last.close();
    rmSync(path, { recursive: true, force: true });
    path = next;
    before = allowed.find(({ text }) => text === found)?.state;
  }
}

test(`a store whose power fails ${cuts} times gives back all that was durable, and what some commit had led to [seed ${seed}]`, async () => {
  await live(
    0,
    new Random(seed),
    (store) => store.durable,
    () => false,
  );
}, 120_000);

test(`one that is synced from time to time gives back all that was synced, and what some commit had led to [seed ${seed}]`, async () => {
  let unsynced = 0;
  await live(
    1,
    new Random(seed),
    (store) => store.synced,
    (line) => {
      const isExpected = line.includes("had not been synced when the power failed");
      if (isExpected) unsynced++;
      return isExpected || line.includes("is synced every 1 ms only");
    },
  );
  // Otherwise this would be the test before.
  if (cuts >= 100) expect(unsynced).toBeGreaterThan(0);
}, 120_000);
