import { describe, expect, test } from "bun:test";
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportLines } from "../../../../src/roles/mqtt/durable/export-store.ts";
import { importLines } from "../../../../src/roles/mqtt/durable/import-store.ts";
import { isWhole, readStore } from "../../../../src/roles/mqtt/durable/read-store.ts";
import { rejects } from "../../../support/rejects.ts";
import { until } from "../../../support/until.ts";
import { snapshotOf } from "./model-store.ts";
import { newDirectory, StoreFixture } from "./store-fixture.ts";
import { message } from "./stored-message.ts";

const wall = () => 1_800_000_000_000;
const segmentSize = 1024 * 1024;

/** A store with something of everything. @param prefixes of its sessions, which the first programs did not know */
async function filled(path: string, prefixes: readonly string[] = ["kelas/ani/", "tamu/"]): Promise<string> {
  const fixture = await StoreFixture.open(path, { wall, segmentSize });
  const { model } = fixture;
  model.keep("ani", Number.POSITIVE_INFINITY, "ani's user", prefixes[0]);
  model.keep("budi", 60_000, undefined, prefixes[1]);
  model.setAway("budi", true);
  const shared = message("kelas/1", "for both", { properties: "abc" });
  const options = {
    qos: 2,
    retain: false,
    subscriptionIds: [1, 300_000],
    share: "$share/g/kelas/#",
  } as const;
  for (const name of ["ani", "budi"]) model.deliver(name, { message: shared, ...options }, undefined);
  model.deliver(
    "ani",
    { message: message("kelas/2", ""), qos: 1, retain: true, subscriptionIds: undefined },
    7,
  );
  model.deliver(
    "ani",
    { message: message("kelas/2", "x"), qos: 2, retain: false, subscriptionIds: undefined },
    8,
  );
  model.acknowledge("ani", 8, true);
  model.receive("budi", 65_535);
  const subscription = {
    filter: "kelas/+",
    qos: 1,
    noLocal: true,
    retainAsPublished: true,
    identifier: 5,
  } as const;
  model.subscribe("budi", subscription);
  model.retain(message("suhu", "28", { retain: true }));
  model.keepWill("ani", 5000, Buffer.from("a packet"));
  await fixture.commit();
  await fixture.close();
  return model.snapshot();
}

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split("\n");
}

describe("the tools of a store", () => {
  test("read what is there, and change nothing", async () => {
    const path = newDirectory();
    const expected = await filled(path);
    const files = () =>
      readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString("base64")]);
    const before = files();
    const store = await readStore(path, wall);
    expect(snapshotOf(store.contents)).toBe(expected);
    expect(isWhole(store)).toBe(true);
    expect(files()).toEqual(before);
  });

  test("read the files of an older program", async () => {
    const path = newDirectory();
    // Written by the first program that kept anything, and cut where its zeros begin.
    copyFileSync(join(import.meta.dir, "version-1.bin"), join(path, "0000000001.log"));
    const { contents, log } = await readStore(path, wall);
    expect(log.segments.map(({ header }) => header.version)).toEqual([1]);
    expect(snapshotOf(contents)).toBe(await filled(newDirectory(), []));
  });

  test("export lines that another directory imports", async () => {
    const path = newDirectory();
    const expected = await filled(path);
    const { contents } = await readStore(path, wall);
    const text = [...exportLines(contents, wall())].join("");
    const lines = text.split("\n").filter((line) => line !== "");
    expect(lines.map((line) => JSON.parse(line).type)).toEqual([
      "store",
      "message",
      "message",
      "session",
      "session",
      "retained",
      "will",
      "end",
    ]);
    const copy = join(newDirectory(), "copy");
    expect(await importLines(copy, linesOf(text), segmentSize)).toEqual({
      sessions: 2,
      messages: 2,
      retained: 1,
      wills: 1,
    });
    expect(snapshotOf((await readStore(copy, wall)).contents)).toBe(expected);
    const again = await StoreFixture.open(copy, { wall, segmentSize });
    expect(snapshotOf(again.contents)).toBe(expected);
    await again.close();
  });

  test.each([
    ["no JSON", '{"type":"store","version":1}\n{', "line 2 is no JSON"],
    ["another file", '{"hello":1}', "line 1: type"],
    [
      "no first line",
      '{"type":"will","clientId":"a","delay":1,"packet":""}',
      "line 1 does not say that this is an exported store",
    ],
    [
      "a newer version",
      '{"type":"store","version":3}',
      "exported by a newer program, as version 3; this one reads up to 2",
    ],
    ["a copy that was cut short", '{"type":"store","version":2}', "it was cut short: after 1 lines its end"],
    [
      "a copy with a gap",
      '{"type":"store","version":2}\n{"type":"end","lines":7}',
      "it has 1 lines before its end, which names 7",
    ],
    [
      "two copies",
      '{"type":"store","version":2}\n{"type":"end","lines":1}\n{"type":"store","version":2}',
      "line 3 comes after the end",
    ],
    [
      "a wrong number",
      '{"type":"store","version":1}\n{"type":"message","id":0,"topic":"t","qos":1,"retain":false,"payload":""}',
      "line 2: id",
    ],
  ])("import nothing of %s, and say what is wrong", async (_, text, mistake) => {
    const path = join(newDirectory(), "new");
    await rejects(importLines(path, linesOf(text), segmentSize), mistake);
  });

  test("do not import into a store, nor read what is none", async () => {
    const path = newDirectory();
    await filled(path);
    await rejects(importLines(path, linesOf(""), segmentSize), "holds a store already");
    await rejects(readStore(newDirectory(), wall), "holds no store");
    await rejects(readStore("/nowhere", wall), "is not there");
  });

  test("take a last group that is not whole for one that was never written", async () => {
    const path = newDirectory();
    await filled(path);
    const file = join(path, "0000000001.log");
    const bytes = readFileSync(file);
    bytes[bytes.indexOf("for both")]! ^= 1;
    writeFileSync(file, bytes);
    const { log } = await readStore(path, wall);
    expect([log.damages.length, log.torn > 0]).toEqual([0, true]);
  });

  test("leave out what a power cut has left of groups that were not synced, and so does the next start, once", async () => {
    const path = newDirectory();
    const texts = ["first", "second", "third", "fourth"];
    const fixture = await StoreFixture.open(path, { sync: 60_000, wall, segmentSize });
    for (const text of texts) {
      const { group } = fixture.store;
      fixture.model.retain(message(text, `payload of the ${text}`, { retain: true }));
      fixture.store.commit();
      await until(() => fixture.store.group > group);
    }
    const file = join(path, "0000000001.log");
    await until(() => readFileSync(file).includes("payload of the fourth"));
    const bytes = readFileSync(file);
    await fixture.close();
    const closed = readFileSync(file);
    // The power fails before any sync, and not when all has been written in order.
    bytes[bytes.indexOf("payload of the third")]! ^= 1;
    writeFileSync(file, bytes);

    const { log, contents } = await readStore(path, wall);
    expect([log.damages, log.unsynced?.groups]).toEqual([[], 2]);
    expect([...contents.retained].map(({ topic }) => topic)).toEqual(["first", "second"]);
    const warnings: string[][] = [];
    for (let start = 0; start < 2; start++) {
      // A store that stops for damage starts: this is none.
      const again = await StoreFixture.open(path, { wall, segmentSize, onDamage: "stop" });
      expect([...again.contents.retained].map(({ topic }) => topic)).toEqual(["first", "second"]);
      warnings.push(again.log.filter((line) => !line.startsWith("info")));
      await again.close();
    }
    expect(warnings).toEqual([[expect.stringContaining("the last 2 groups had not been synced")], []]);

    // After a clean end all of it was synced, and what is missing is damage.
    closed[closed.indexOf("payload of the third")]! ^= 1;
    const damaged = newDirectory();
    writeFileSync(join(damaged, "0000000001.log"), closed);
    const stopping = new StoreFixture(damaged, { wall, segmentSize, onDamage: "stop" });
    await rejects(stopping.store.load(), "is damaged");
    await stopping.close();
    const left = await StoreFixture.open(damaged, { wall, segmentSize });
    expect([...left.contents.retained].map(({ topic }) => topic)).toEqual(["first", "second", "fourth"]);
    expect(readdirSync(damaged).filter((name) => name.startsWith("damaged-")).length).toBe(1);
    await left.close();
  });
});
