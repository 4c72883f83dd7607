import { expect, test } from "bun:test";
import fc from "fast-check";
import { PublishView } from "../../../../src/protocol/mqtt/publish-view.ts";
import { type Awaited, Awaits, Inflight } from "../../../../src/roles/mqtt/session/inflight.ts";
import { Message, type Pending } from "../../../../src/roles/mqtt/wire/message.ts";
import { EncodedRun } from "../../../../src/roles/mqtt/wire/publish-variants.ts";

const message = new Message({ text: "t", bytes: Uint8Array.of(0x74) }, new PublishView(), 0);
const pendingAt = (qos: 1 | 2): Pending => ({ message, qos, retain: false, subscriptionIds: undefined });

/** A simple model of the same: a map keeps the order of sending. */
class Model {
  readonly byId = new Map<number, { awaited: Awaited; pending: Pending | undefined }>();
  toResend: number[] = [];
  completed = 0;

  get bytes(): number {
    return [...this.byId.values()].filter(({ pending }) => pending !== undefined).length * message.size;
  }

  complete(id: number, awaited: Awaited): boolean {
    return this.byId.get(id)?.awaited === awaited && this.discard(id);
  }

  discard(id: number): boolean {
    const isKnown = this.byId.delete(id);
    if (isKnown) this.completed++;
    return isKnown;
  }

  remove(): number[] {
    const chosen = [...this.byId].filter(
      ([id, { awaited, pending }]) => awaited === Awaits.Puback && pending !== undefined && isChosen(id),
    );
    for (const [id] of chosen) this.discard(id);
    return chosen.map(([id]) => id);
  }

  pubrec(id: number): boolean {
    const known = this.byId.get(id);
    if (known === undefined || known.awaited === Awaits.Puback) return false;
    this.byId.set(id, { awaited: Awaits.Pubcomp, pending: undefined });
    return true;
  }
}

/** Some messages, whatever they are. */
const isChosen = (id: number): boolean => id % 3 === 0;

/** A run of packets of four bytes: two to precede the packet identifier. */
function emptyRun(count: number): EncodedRun {
  const run = new EncodedRun();
  run.bytes = Buffer.alloc(1 + 4 * count);
  run.start = 1;
  run.stride = 4;
  run.idOffset = 2;
  return run;
}

/** An identifier in flight, by its index; or any identifier, in flight or not. */
const target = fc.record({ place: fc.nat(400), isWild: fc.boolean() });
const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant("add" as const),
      qos: fc.constantFrom(1, 2),
      isKept: fc.boolean(),
      count: fc.nat(60),
    }),
    fc.record({ kind: fc.constantFrom("puback", "pubrec", "pubcomp", "discard"), target, count: fc.nat(40) }),
    fc.record({ kind: fc.constant("run" as const), qos: fc.constantFrom(1, 2), count: fc.nat(600) }),
    // Long enough to leave few in a large table.
    fc.record({ kind: fc.constant("drain" as const), left: fc.nat(40), isFromEnd: fc.boolean() }),
    fc.record({ kind: fc.constant("reconnect" as const) }),
    fc.record({ kind: fc.constant("resend" as const), count: fc.nat(40) }),
    fc.record({ kind: fc.constant("remove" as const) }),
    fc.record({
      kind: fc.constant("restore" as const),
      id: fc.integer({ min: 1, max: 65_535 }),
      qos: fc.constantFrom(1, 2),
    }),
  ),
  { maxLength: 60 },
);

test("the messages in flight equal those of a simple model, in the order of sending, after any acknowledgements", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const inflight = new Inflight();
      const model = new Model();
      for (const step of all) {
        if (step.kind === "add") {
          for (let n = 0; n < step.count; n++) {
            const pending = step.isKept ? pendingAt(step.qos) : undefined;
            const id = inflight.add(step.qos, pending);
            expect(model.byId.has(id)).toBe(false);
            model.byId.set(id, { awaited: step.qos === 1 ? Awaits.Puback : Awaits.Pubrec, pending });
          }
        } else if (step.kind === "run") {
          const run = emptyRun(step.count);
          inflight.addRun(step.qos, run, 0, step.count);
          for (let index = 0; index < step.count; index++) {
            const id = run.at(index).readUInt16BE(2);
            expect(model.byId.has(id)).toBe(false);
            const awaited = step.qos === 1 ? Awaits.Puback : Awaits.Pubrec;
            model.byId.set(id, { awaited, pending: undefined });
          }
        } else if (step.kind === "drain") {
          const ids = [...model.byId.keys()];
          const gone = step.isFromEnd ? ids.slice(step.left) : ids.slice(0, -step.left || undefined);
          for (const id of gone) expect(inflight.discard(id)).toBe(model.discard(id));
        } else if (step.kind === "reconnect") {
          inflight.resendAll();
          model.toResend = [...model.byId.keys()];
        } else if (step.kind === "resend") {
          for (let n = 0; n < step.count; n++) {
            expect(inflight.hasResends).toBe(model.toResend.length > 0);
            if (!inflight.hasResends) break;
            expect(inflight.nextResend()).toBe(model.toResend.shift()!);
          }
        } else if (step.kind === "remove") {
          const chosen = new Set(model.byId.keys().filter(isChosen));
          const byPending = new Map(chosen.values().map((id) => [inflight.pending(id), id]));
          expect(inflight.remove((pending) => byPending.has(pending))).toEqual(model.remove());
        } else if (step.kind === "restore") {
          inflight.restore(step.id, pendingAt(step.qos));
          model.discard(step.id);
          const awaited = step.qos === 1 ? Awaits.Puback : Awaits.Pubrec;
          model.byId.set(step.id, { awaited, pending: pendingAt(step.qos) });
        } else {
          for (let n = 0; n < step.count; n++) {
            const ids = [...model.byId.keys()];
            const id = step.target.isWild
              ? step.target.place
              : (ids[step.target.place % (ids.length || 1)] ?? 0);
            if (step.kind === "puback")
              expect(inflight.complete(id, Awaits.Puback)).toBe(model.complete(id, Awaits.Puback));
            else if (step.kind === "pubcomp")
              expect(inflight.complete(id, Awaits.Pubcomp)).toBe(model.complete(id, Awaits.Pubcomp));
            else if (step.kind === "pubrec") expect(inflight.pubrec(id)).toBe(model.pubrec(id));
            else expect(inflight.discard(id)).toBe(model.discard(id));
          }
        }
        expect(inflight.ids()).toEqual([...model.byId.keys()]);
        expect([inflight.size, inflight.bytes]).toEqual([model.byId.size, model.bytes]);
        expect([inflight.completed, inflight.hasResends]).toEqual([
          model.completed,
          model.toResend.length > 0,
        ]);
        expect(inflight.sentSinceReconnect).toBe(model.byId.size - model.toResend.length);
        for (const [id, { awaited, pending }] of model.byId) {
          expect(inflight.awaited(id)).toBe(awaited);
          expect(inflight.pending(id)?.qos).toBe(pending?.qos);
        }
      }
      inflight.clear();
      expect([inflight.size, inflight.bytes, inflight.memory.bytes, inflight.ids()]).toEqual([0, 0, 0, []]);
    }),
    { numRuns: 200 },
  );
});

test("a message that is never acknowledged keeps its identifier while all others are reused", () => {
  const inflight = new Inflight();
  const kept = inflight.add(1, pendingAt(1));
  const seen = new Set<number>();
  for (let n = 0; n < 200_000; n++) {
    const id = inflight.add(1, undefined);
    seen.add(id);
    expect(inflight.complete(id, Awaits.Puback)).toBe(true);
  }
  expect([seen.size, seen.has(kept), seen.has(0)]).toEqual([65_534, false, false]);
  expect([inflight.ids(), inflight.size]).toEqual([[kept], 1]);
});

test("a table shrinks while one message is still in flight, and keeps it and its place", () => {
  const inflight = new Inflight();
  const ids = Array.from({ length: 60_000 }, () => inflight.add(1, pendingAt(1)));
  const large = inflight.slots;
  const [kept, ...others] = ids.toReversed();
  for (const id of others) inflight.complete(id, Awaits.Puback);
  expect(large).toBeGreaterThanOrEqual(65_536);
  expect(inflight.slots).toBeLessThanOrEqual(256);
  const later = inflight.add(2, undefined);
  expect(inflight.ids()).toEqual([kept!, later]);
  expect(inflight.pending(kept!)?.qos).toBe(1);
});
