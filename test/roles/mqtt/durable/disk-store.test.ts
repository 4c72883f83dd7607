import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { rejects } from "../../../support/rejects.ts";
import { act, action } from "./actions.ts";
import { type ModelStore, snapshotOf } from "./model-store.ts";
import { newDirectory, StoreFixture } from "./store-fixture.ts";
import { message } from "./stored-message.ts";

/** The segment that was written last, and where what is in it ends. */
function lastSegment(
  path: string,
): { readonly file: string; readonly bytes: Buffer; readonly end: number } | undefined {
  const files = readdirSync(path)
    .filter((name) => name.endsWith(".log"))
    .map((name) => join(path, name));
  const first = (file: string) => readFileSync(file).readUInt32LE(16);
  const used = files
    .filter((file) => readFileSync(file)[0] !== 0)
    .sort((one, other) => first(one) - first(other));
  const file = used[used.length - 1];
  if (file === undefined) return undefined;
  const bytes = readFileSync(file);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return { file, bytes, end };
}

describe("a store on the disk", () => {
  test("gives back, cut at any byte, what some commit had led to, and nothing less than was durable", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 120, size: "max" }),
        fc.nat(),
        async (actions, where) => {
          const path = newDirectory();
          const fixture = await StoreFixture.open(path);
          const { model } = fixture;
          const snapshots = [model.snapshot()];
          for (const one of actions) {
            if (one.does !== "commit") {
              act(model, one);
              continue;
            }
            await fixture.commit();
            snapshots.push(model.snapshot());
          }
          await fixture.commit();
          snapshots.push(model.snapshot());
          await fixture.close();
          expect(fixture.failures).toEqual([]);

          const whole = await StoreFixture.open(path);
          expect(snapshotOf(whole.contents)).toBe(snapshots[snapshots.length - 1]!);
          await whole.close();

          const last = lastSegment(path);
          if (last === undefined) return;
          const { file, bytes, end } = last;
          const cut = Buffer.from(bytes);
          cut.fill(0, end - (where % Math.min(end, 400)));
          writeFileSync(file, cut);
          const after = await StoreFixture.open(path);
          expect(snapshots).toContain(snapshotOf(after.contents));
          await after.close();
          rmSync(path, { recursive: true, force: true });
        },
      ),
      { numRuns: Number(process.env.DISTSRV_MODEL_RUNS ?? 40) },
    );
  });

  test("goes on after each restart", async () => {
    const path = newDirectory();
    let before: ModelStore | undefined;
    for (let round = 0; round < 6; round++) {
      const fixture = await StoreFixture.open(path, {}, before);
      if (before !== undefined) expect(snapshotOf(fixture.contents)).toBe(before.snapshot());
      fixture.model.keep(`client ${round}`, 1000, undefined);
      fixture.model.retain(message("t", `value ${round}`, { retain: true }));
      await fixture.commit();
      await fixture.close();
      before = fixture.model;
    }
    expect(before?.known.size).toBe(6);
  });

  test("gives back under whose name a will was left, and what somebody has granted a session", async () => {
    const path = newDirectory();
    const first = await StoreFixture.open(path);
    const rules = [{ publish: ["a"], subscribe: ["b/#"] }];
    const grant = { by: "token", groups: ["dosen"], rules, until: 5 } as const;
    first.store.keepSession("sri", 1000, "bu-sri", "kelas/", grant);
    first.store.keepWill("sri", 0, () => Buffer.from("a packet"), "bu-sri");
    await first.commit();
    await first.close();
    const { contents, close } = await StoreFixture.open(path).then((fixture) => ({
      contents: fixture.contents,
      close: () => fixture.close(),
    }));
    const [session] = [...contents.sessions];
    expect(session).toMatchObject({ owner: "bu-sri", prefix: "kelas/" });
    expect(session?.grant).toEqual({ by: "token", groups: ["dosen"], rules });
    expect([...contents.wills]).toMatchObject([{ clientId: "sri", author: "bu-sri" }]);
    await close();
  });

  test("does not grow with what has passed through it", async () => {
    const path = newDirectory();
    const fixture = await StoreFixture.open(path);
    const { model } = fixture;
    model.keep("ani", 1000, undefined);
    for (let index = 0; index < 400; index++) {
      model.deliver(
        "ani",
        { message: message("t", "x".repeat(200)), qos: 1, retain: false, subscriptionIds: undefined },
        index + 1,
      );
      await fixture.commit();
      model.acknowledge("ani", index + 1, false);
      await fixture.commit();
    }
    await fixture.close();
    const size = readdirSync(path).filter((name) => name.endsWith(".log")).length * 4096;
    expect(size).toBeLessThanOrEqual(6 * 4096);
    expect(fixture.store.stats().store_written_bytes_total).toBeGreaterThan(80_000);
  });

  test("that is synced every now and then lets nobody wait, and says so at the start", async () => {
    const path = newDirectory();
    const fixture = await StoreFixture.open(path, { sync: 1000 });
    fixture.model.keep("ani", 1000, undefined);
    expect([fixture.store.recording, fixture.store.durable]).toEqual([0, 0]);
    fixture.store.commit();
    await fixture.close();
    expect(fixture.log.join()).toContain("a power cut may take away what was acknowledged");
    const again = await StoreFixture.open(path);
    expect([...again.contents.sessions].length).toBe(1);
    await again.close();
  });

  test("says of damage what is missing, and sets it aside; or does not start", async () => {
    const path = newDirectory();
    const fixture = await StoreFixture.open(path, { segmentSize: 1024 * 1024 });
    const { model } = fixture;
    for (const name of ["ani", "budi"]) model.keep(name, 1000, undefined);
    await fixture.commit();
    const first = message("t", "lost");
    model.deliver("ani", { message: first, qos: 1, retain: false, subscriptionIds: undefined }, undefined);
    await fixture.commit();
    model.deliver("budi", { message: first, qos: 1, retain: false, subscriptionIds: undefined }, undefined);
    model.deliver(
      "budi",
      { message: message("t", "there"), qos: 1, retain: false, subscriptionIds: undefined },
      undefined,
    );
    await fixture.commit();
    await fixture.close();
    const { file, bytes } = lastSegment(path)!;
    bytes[bytes.indexOf("lost")]! ^= 1;
    writeFileSync(file, bytes);

    const careful = new StoreFixture(path, { onDamage: "stop", segmentSize: 1024 * 1024 });
    const report =
      /is damaged: 0000000001\.log, bytes \d+ to \d+ \(1 groups\); 1 messages of 1 sessions are missing: "budi" 1/;
    await rejects(careful.store.load(), report);
    await careful.close();

    const again = await StoreFixture.open(path, { segmentSize: 1024 * 1024 });
    expect(again.log.find((line) => line.startsWith("error"))).toMatch(report);
    const payloads = [...again.contents.sessions].map(({ deliveries }) =>
      [...deliveries].map((one) => Buffer.from(one.message.payload).toString()),
    );
    expect(payloads).toEqual([[], ["there"]]);
    const aside = readdirSync(path).filter((name) => name.startsWith("damaged-"));
    expect(aside.length).toBe(1);
    expect(readFileSync(join(path, aside[0]!)).length).toBeGreaterThan(50);
    await again.close();
  });

  test("in a directory that cannot be made says which and why", async () => {
    // Nobody may write there, root included.
    const fixture = new StoreFixture("/proc/data");
    await rejects(fixture.store.load(), "Cannot keep anything in /proc/data (persistence.directory)");
  });

  test("in a place that is a file says which and why", async () => {
    const path = newDirectory();
    writeFileSync(join(path, "data"), "");
    const fixture = new StoreFixture(join(path, "data"));
    await rejects(fixture.store.load(), `Cannot keep anything in ${path}/data (persistence.directory)`);
  });
});
