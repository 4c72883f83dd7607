import { describe, expect, test } from "bun:test";
import { CommitGate } from "../../../../src/roles/mqtt/wire/commit-gate.ts";

function scene(isDurable = true) {
  const events: string[] = [];
  const soon: (() => void)[] = [];
  const commit = () => {
    events.push("commit");
    if (store.isBroken) throw new Error("the disk is full");
  };
  const store = {
    isDurable,
    isBroken: false,
    commit,
    recorded: 0,
    recording: 1,
    durable: 0,
    isBehind: false,
  };
  const failures: unknown[] = [];
  const errors: unknown[] = [];
  const gate = new CommitGate(
    store,
    (call) => soon.push(call),
    (cause) => failures.push(cause),
    (error) => errors.push(error),
  );
  const connection = (name: string) => ({ flush: () => events.push(name) });
  return { gate, store, events, failures, errors, soon, connection };
}

describe("the commit gate", () => {
  test("is open until the outermost transaction ends; then those that waited write, each once", () => {
    const { gate, events, connection } = scene();
    const first = connection("first");
    gate.transaction(() => {
      gate.transaction(() => {
        gate.deferFlush(first);
        gate.deferFlush(first);
        gate.deferFlush(connection("second"));
      });
      expect([gate.isOpen, events]).toEqual([true, []]);
    });
    expect([gate.isOpen, events]).toEqual([false, ["first", "second"]]);
  });

  test("ends a transaction that throws, and a write that throws leaves the others theirs", () => {
    const { gate, events, errors, connection } = scene();
    const flush = () => {
      throw new Error("a broken pipe");
    };
    const failing = () =>
      gate.transaction(() => {
        gate.deferFlush({ flush });
        gate.deferFlush(connection("other"));
        throw new Error("a mistake");
      });
    expect(failing).toThrow("a mistake");
    expect([gate.isOpen, events, errors.length]).toEqual([false, ["other"], 1]);
  });

  test("commits in the same turn what leads to no write", () => {
    const { gate, events, soon } = scene();
    gate.transaction(() => {});
    gate.transaction(() => {});
    expect(events).toEqual([]);
    for (const call of soon) call();
    expect(events).toEqual(["commit"]);
  });

  test("reports a store that fails once, and lets nothing be written from then on", () => {
    const { gate, store, events, failures } = scene();
    expect(gate.commit()).toBe(true);
    store.isBroken = true;
    expect([gate.commit(), gate.commit()]).toEqual([false, false]);
    expect([events.length, failures.length]).toEqual([2, 1]);
  });

  test("is never open when the store is not durable", () => {
    const { gate } = scene(false);
    gate.transaction(() => expect(gate.isOpen).toBe(false));
  });
});
