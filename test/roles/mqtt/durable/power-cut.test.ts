import { expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
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
    this.#seen = fixture.store.recording;
    this.#remember(this.#seen - 1);
  }

  static async begin(random: Random, path: string, before: ModelState | undefined): Promise<Life> {
    const disk = new FragileDisk(random);
    for (const name of readdirSync(path))
      if (name.endsWith(".log")) disk.load(name, readFileSync(join(path, name)));
    const fixture = await StoreFixture.open(path, { disk, segmentSize: 2048 }, before);
    return new Life(random, fixture, disk);
  }

  /** A group that ends now has what the model has now: nothing else has changed since it was recorded. */
  note(): void {
    for (; this.#seen < this.fixture.store.recording; this.#seen++) this.#remember(this.#seen);
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
      this.note();
    }
  }
}

test(`a store whose power fails ${cuts} times gives back all that was durable, and what some commit had led to [seed ${seed}]`, async () => {
  const random = new Random(seed);
  let path = newDirectory();
  let before: ModelState | undefined;
  for (let cut = 0; cut < cuts; cut++) {
    const life = await Life.begin(random, path, before);
    await life.run(10 + random.below(120));
    const { durable } = life.fixture.store;
    const next = newDirectory();
    life.disk.cut(next);
    const again = new StoreFixture(next, { segmentSize: 2048 });
    const contents = await again.store.load();
    const found = snapshotOf(contents);
    const allowed = [...life.states].filter(([group]) => group >= durable).map(([, one]) => one);
    expect(allowed.map(({ text }) => text)).toContain(found);
    expect(again.log.filter((line) => !line.startsWith("info"))).toEqual([]);
    await again.close();
    rmSync(path, { recursive: true, force: true });
    path = next;
    before = allowed.find(({ text }) => text === found)?.state;
  }
}, 120_000);
