import { afterEach, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { LogDirectory, type OpenLog } from "../../src/storage/log.ts";
import type { LogContents } from "../../src/storage/log-reader.ts";
import { readSegmentHeader, writeSegmentHeader } from "../../src/storage/segment.ts";
import { rejects } from "../support/rejects.ts";
import { until } from "../support/until.ts";

const segmentSize = 2048;
const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function newDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "distsrv-log-"));
  directories.push(path);
  return path;
}

/** A log that is written to, one group at a time. */
class Fixture {
  readonly failures: unknown[] = [];
  readonly room: boolean[] = [];
  #waiting: { group: number; resolve: () => void } | undefined;

  private constructor(
    readonly directory: LogDirectory,
    readonly groups: string[],
    readonly contents: LogContents,
    private log: OpenLog | undefined,
  ) {}

  static async open(path: string, size = segmentSize, syncInterval = 0): Promise<Fixture> {
    const directory = await LogDirectory.open(path, "a test");
    const groups: string[] = [];
    const contents = await directory.read((body) => groups.push(body.toString("latin1")));
    const fixture = new Fixture(directory, groups, contents, undefined);
    fixture.log = await directory.append(contents, {
      segmentSize: size,
      syncInterval,
      onDurable: (group) => fixture.#durable(group),
      onGroupBegun: () => {},
      onSynced: () => {},
      onFailure: (cause) => fixture.failures.push(cause),
      onRoom: (hasRoom) => fixture.room.push(hasRoom),
    });
    return fixture;
  }

  get writer() {
    return this.log!.writer;
  }

  get pool() {
    return this.log!.pool;
  }

  #durable(group: number): void {
    if (this.#waiting !== undefined && group >= this.#waiting.group) this.#waiting.resolve();
  }

  record(text: string): void {
    const { body } = this.writer;
    body.reserve(text.length);
    body.at += body.bytes.write(text, body.at, "latin1");
  }

  /** Writes a group, and waits until it is durable. */
  async write(text: string): Promise<void> {
    const group = this.writer.recording;
    this.record(text);
    const durable = new Promise<void>((resolve) => (this.#waiting = { group, resolve }));
    this.writer.commit();
    if (this.writer.durable < group) await durable;
  }

  async close(): Promise<void> {
    await this.writer.close();
    this.directory.release();
  }
}

const textOf = (index: number, length: number) => `${index}:${"x".repeat(length)}`;

/** The segments that hold groups, in their order. */
const segmentsIn = (path: string) =>
  readdirSync(path)
    .filter((name) => name.endsWith(".log") && readFileSync(join(path, name))[0] !== 0)
    .sort();

async function filled(path: string, lengths: readonly number[]): Promise<string[]> {
  const log = await Fixture.open(path);
  const texts = lengths.map((length, index) => textOf(index, length));
  for (const text of texts) await log.write(text);
  await log.close();
  return texts;
}

describe("a log of groups", () => {
  test("gives back what was written, however often it was opened", async () => {
    const path = newDirectory();
    const all: string[] = [];
    for (let round = 0; round < 4; round++) {
      const log = await Fixture.open(path);
      expect(log.groups).toEqual(all);
      for (let index = 0; index < 7; index++) {
        const text = textOf(all.length, 300 * index);
        await log.write(text);
        all.push(text);
      }
      expect(log.failures).toEqual([]);
      await log.close();
    }
  });

  test("takes a group that is larger than a segment", async () => {
    const path = newDirectory();
    const texts = await filled(path, [10, 5000, 10, 50_000, 10]);
    const log = await Fixture.open(path);
    expect(log.groups).toEqual(texts);
    await log.close();
  });

  test("puts what is recorded while a group is written into one group", async () => {
    const path = newDirectory();
    const log = await Fixture.open(path);
    await log.write("before");
    log.record("a");
    log.writer.commit();
    for (const text of ["b", "c", "d"]) {
      log.record(text);
      log.writer.commit();
    }
    await log.close();
    const again = await Fixture.open(path);
    expect(again.groups).toEqual(["before", "a", "bcd"]);
    await again.close();
  });

  test("cut at any byte, gives back all groups before the cut, and goes on from there", async () => {
    const path = newDirectory();
    const texts = await filled(path, [40, 0, 100, 7, 300]);
    const [name] = segmentsIn(path);
    const file = join(path, name!);
    const whole = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constant(0), fc.integer({ min: 64, max: 900 })),
        fc.boolean(),
        async (cut, isTruncated) => {
          // A power cut leaves the old bytes, a copy that was broken off leaves none.
          const bytes = Buffer.from(whole);
          bytes.fill(0, cut);
          writeFileSync(file, isTruncated ? bytes.subarray(0, cut) : bytes);
          for (const other of readdirSync(path))
            if (other.endsWith(".log") && other !== name) rmSync(join(path, other));
          const log = await Fixture.open(path);
          const { length } = log.groups;
          expect(log.groups).toEqual(texts.slice(0, length));
          expect(log.contents.damages).toEqual([]);
          const ends = endsOf(texts);
          expect(length).toBe(ends.filter((end) => end <= cut).length);
          await log.write("after");
          await log.close();
          const again = await Fixture.open(path);
          expect(again.groups).toEqual([...texts.slice(0, length), "after"]);
          await again.close();
          writeFileSync(file, whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("loses only the group that was on its way when the power failed, whichever of its sectors are there", async () => {
    const path = newDirectory();
    const log = await Fixture.open(path, 16 * 1024);
    for (const length of [40, 700]) await log.write(textOf(length, length));
    const file = join(path, segmentsIn(path)[0]!);
    const before = readFileSync(file);
    await log.write(textOf(9, 5000));
    await log.close();
    const after = readFileSync(file);
    const others = readdirSync(path).filter((name) => name.endsWith(".log") && !file.endsWith(name));
    for (const name of others) rmSync(join(path, name));
    const sectors = fc.uint8Array({ minLength: 32, maxLength: 32, max: 1 });
    await fc.assert(
      fc.asyncProperty(sectors, async (isWritten) => {
        const mixed = Buffer.from(before);
        for (const [index, written] of isWritten.entries()) {
          if (written === 1) after.copy(mixed, index * 512, index * 512, (index + 1) * 512);
        }
        writeFileSync(file, mixed);
        const again = await Fixture.open(path, 16 * 1024);
        expect(again.contents.damages).toEqual([]);
        expect(again.groups.slice(0, 2)).toEqual([textOf(40, 40), textOf(700, 700)]);
        if (again.groups.length > 2) expect(again.groups.slice(2)).toEqual([textOf(9, 5000)]);
        await again.close();
        for (const name of readdirSync(path)) {
          if (name.endsWith(".log") && !file.endsWith(name)) rmSync(join(path, name));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("tells of damage before the end, and gives back all other groups", async () => {
    const path = newDirectory();
    const texts = await filled(path, [40, 0, 700, 7, 900, 500, 20, 1200, 30]);
    const names = segmentsIn(path);
    expect(names.length).toBeGreaterThan(1);
    const ends = await Promise.all(names.map(async (name) => readFileSync(join(path, name))));
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 64, max: segmentSize - 1 }), async (which, at) => {
        const index = which % names.length;
        const bytes = Buffer.from(ends[index]!);
        bytes[at]! ^= 0xff;
        writeFileSync(join(path, names[index]!), bytes);
        const log = await Fixture.open(path);
        const missing = texts.filter((text) => !log.groups.includes(text));
        expect(missing.length).toBeLessThanOrEqual(1);
        expect(log.groups).toEqual(texts.filter((text) => !missing.includes(text)));
        const isLast = missing[0] === texts[texts.length - 1];
        const lost = log.contents.damages.reduce((sum, { groups }) => sum + groups, 0);
        expect(lost).toBe(missing.length === 0 || isLast ? 0 : 1);
        await log.close();
        for (const name of readdirSync(path))
          if (!names.includes(name)) rmSync(join(path, name), { force: true });
        writeFileSync(join(path, names[index]!), ends[index]!);
      }),
      { numRuns: 80 },
    );
  });

  test("tells of a segment whose header is damaged, and of one that is missing, wherever it is", async () => {
    const lengths = [900, 900, 900, 900, 900, 900];
    for (const [which, missing] of [
      [0, 2],
      [1, 2],
      [2, 2],
    ] as const) {
      for (const isGone of [false, true]) {
        const path = newDirectory();
        const texts = await filled(path, lengths);
        const name = segmentsIn(path)[which]!;
        const bytes = readFileSync(join(path, name));
        bytes[20]! ^= 1;
        if (isGone) rmSync(join(path, name));
        else writeFileSync(join(path, name), bytes);
        const log = await Fixture.open(path);
        expect(log.groups).toEqual([...texts.slice(0, 2 * which), ...texts.slice(2 * which + missing)]);
        // Nobody can tell that the last one was ever there.
        const isNoticed = !isGone || which < 2;
        expect(log.contents.damages.length > 0).toBe(isNoticed);
        await log.close();
        // What nobody can read is not written over.
        if (!isGone) expect(readFileSync(join(path, name))).toEqual(bytes);
      }
    }
  });

  test("takes no group that an earlier use of the file has left, though its number fits", async () => {
    const path = newDirectory();
    await filled(path, [10, 20, 30]);
    const [name] = segmentsIn(path);
    const bytes = readFileSync(join(path, name!));
    // The same bytes under the header of another segment, as when the file is used again.
    const { identity, firstGroup } = readSegmentHeader(bytes)!;
    writeSegmentHeader(bytes, 0, { identity, firstGroup, number: 99 });
    rmSync(join(path, name!));
    writeFileSync(join(path, "0000000099.log"), bytes);
    const log = await Fixture.open(path);
    expect([log.groups, log.contents.lastGroup]).toEqual([[], 0]);
    await log.close();
  });

  test("does not mix with segments of another log", async () => {
    const [path, other] = [newDirectory(), newDirectory()];
    await filled(path, [10]);
    await filled(other, [10, 900, 900, 900]);
    const names = segmentsIn(other);
    const last = names[names.length - 1]!;
    writeFileSync(join(path, last), readFileSync(join(other, last)));
    await rejects(Fixture.open(path), "are of two different logs");
  });

  test("takes no bytes of a group for another group, whatever they are", async () => {
    const path = newDirectory();
    await filled(path, [10, 10]);
    const file = join(path, segmentsIn(path)[0]!);
    const copy = readFileSync(file)
      .subarray(64, 64 + 160)
      .toString("latin1");
    const other = newDirectory();
    const log = await Fixture.open(other);
    for (const text of ["first", copy, "last"]) await log.write(text);
    await log.close();
    const bytes = readFileSync(join(other, segmentsIn(other)[0]!));
    bytes[64 + 48 + 56 + 48]! ^= 1; // the body that holds the copy is damaged
    writeFileSync(join(other, segmentsIn(other)[0]!), bytes);
    const again = await Fixture.open(other);
    expect(again.groups).toEqual(["first", "last"]);
    await again.close();
  });

  test("begins at the last whole checkpoint, and uses the segments before it again", async () => {
    const path = newDirectory();
    const log = await Fixture.open(path);
    for (let index = 0; index < 60; index++) {
      await log.write(textOf(index, 200));
      if (index % 10 !== 9) continue;
      log.writer.beginCheckpoint();
      log.record(`state ${index}`);
      log.writer.endCheckpoint();
      await log.write("");
      await log.write("knows of it");
      log.writer.dropOld();
    }
    await log.close();
    const again = await Fixture.open(path);
    expect(again.groups).toEqual(["state 59", "knows of it"]);
    expect(readdirSync(path).filter((name) => name.endsWith(".log")).length).toBeLessThan(8);
    await again.close();
  });

  test("that was not synced loses nothing of a whole checkpoint for a hole before it", async () => {
    const path = newDirectory();
    const log = await Fixture.open(path, 16 * 1024, 60_000);
    for (let index = 0; index < 3; index++) await log.write(textOf(index, 100));
    log.writer.beginCheckpoint();
    log.record("the state");
    log.writer.endCheckpoint();
    await log.write("");
    await log.write("knows of it");
    const file = join(path, segmentsIn(path)[0]!);
    const bytes = readFileSync(file);
    await log.close();
    bytes[bytes.indexOf("1:xxx")]! ^= 1;
    writeFileSync(file, bytes);
    const again = await Fixture.open(path, 16 * 1024);
    expect(again.contents).toMatchObject({ unsynced: undefined, damages: [] });
    expect(again.groups).toEqual(["the state", "knows of it"]);
    await again.close();
  });

  test("is cut where it was whole before when a checkpoint that was not synced has a hole, too", async () => {
    const path = newDirectory();
    const log = await Fixture.open(path, 16 * 1024, 60_000);
    for (let index = 0; index < 3; index++) await log.write(textOf(index, 600));
    log.writer.beginCheckpoint();
    log.record(`the state ${"y".repeat(600)}`);
    log.writer.endCheckpoint();
    await log.write("");
    await log.write("knows of it");
    const file = join(path, segmentsIn(path)[0]!);
    const bytes = readFileSync(file);
    await log.close();
    for (const text of ["1:xxx", "the state"]) bytes[bytes.indexOf(text)]! ^= 1;
    writeFileSync(file, bytes);
    const again = await Fixture.open(path, 16 * 1024);
    expect(again.contents).toMatchObject({ unsynced: { groups: 4 }, damages: [] });
    expect(again.groups).toEqual([textOf(0, 600)]);
    await again.close();
  });

  test("knows by the head of a torn group what had been synced before its segment", async () => {
    const path = newDirectory();
    const log = await Fixture.open(path, segmentSize, 60_000);
    for (const length of [600, 600, 600, 600]) await log.write(textOf(0, length));
    const [first, second] = segmentsIn(path).map((name) => join(path, name));
    const [before, after] = [readFileSync(first!), readFileSync(second!)];
    await log.close();
    // The power fails: of the first segment's groups one is there, of the second segment the first sector.
    before.fill(0, before.lastIndexOf("GRP1"));
    before.fill(0, before.lastIndexOf("GRP1"));
    after.fill(0, 512);
    writeFileSync(first!, before);
    writeFileSync(second!, after);
    const again = await Fixture.open(path, segmentSize);
    expect(again.contents).toMatchObject({ unsynced: { groups: 3 }, damages: [] });
    expect(again.groups).toEqual([textOf(0, 600)]);
    await again.close();
  });

  test("says once all of it is synced that it is, so that damage is damage", async () => {
    const path = newDirectory();
    const log = await Fixture.open(path, 16 * 1024, 1);
    for (let index = 0; index < 3; index++) await log.write(textOf(index, 100));
    const file = join(path, segmentsIn(path)[0]!);
    // A group of nothing follows the sync, and no other one follows that.
    await until(() => log.writer.synced >= 4);
    const last = log.writer.recording;
    const bytes = readFileSync(file);
    await log.close();
    expect(last).toBe(5);
    bytes[bytes.indexOf("1:xxx")]! ^= 1;
    writeFileSync(file, bytes);
    const again = await Fixture.open(path, 16 * 1024);
    expect(again.groups.filter((text) => text !== "")).toEqual([textOf(0, 100), textOf(2, 100)]);
    expect(again.contents).toMatchObject({ unsynced: undefined, damages: [{ groups: 1 }] });
    await again.close();
  });

  test("is for one process at a time, and says who has it", async () => {
    const path = newDirectory();
    const log = await Fixture.open(path);
    await rejects(Fixture.open(path), `${path} is in use by a test: one process at a time`);
    await log.close();
    await (await Fixture.open(path)).close();
  });

  test("of a newer program is not touched", async () => {
    const path = newDirectory();
    await filled(path, [10]);
    const file = join(path, segmentsIn(path)[0]!);
    const bytes = readFileSync(file);
    bytes[7] = 2;
    const identity = bytes.readBigUInt64LE(24);
    bytes.writeBigUInt64LE(Bun.hash.xxHash64(bytes.subarray(0, 56), identity), 56);
    writeFileSync(file, bytes);
    await rejects(Fixture.open(path), "was written by a newer program: its format is version 2");
  });
});

/** Where each group ends in the first segment. */
function endsOf(texts: readonly string[]): number[] {
  let end = 64;
  return texts.map(({ length }) => {
    end += 48 + length;
    const last = end;
    end = Math.ceil(end / 8) * 8;
    return last;
  });
}
