import { expect, test } from "bun:test";
import fc from "fast-check";
import { PublishView } from "../../../../src/protocol/mqtt/publish-view.ts";
import { type Awaited, Awaits, Inflight } from "../../../../src/roles/mqtt/session/inflight.ts";
import { Message, type Pending } from "../../../../src/roles/mqtt/wire/message.ts";

const message = new Message({ text: "t", bytes: Uint8Array.of(0x74) }, new PublishView(), 0);
const pendingAt = (qos: 1 | 2): Pending => ({ message, qos, retain: false, subscriptionIds: undefined });

/** A simple model of the same: a map keeps the order of sending. */
class Model {
  readonly byId = new Map<number, { awaited: Awaited; pending: Pending | undefined }>();

  get bytes(): number {
    return [...this.byId.values()].filter(({ pending }) => pending !== undefined).length * message.size;
  }

  complete(id: number, awaited: Awaited): boolean {
    return this.byId.get(id)?.awaited === awaited && this.byId.delete(id);
  }

  pubrec(id: number): boolean {
    const known = this.byId.get(id);
    if (known === undefined || known.awaited === Awaits.Puback) return false;
    this.byId.set(id, { awaited: Awaits.Pubcomp, pending: undefined });
    return true;
  }
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
        } else if (step.kind === "restore") {
          inflight.restore(step.id, pendingAt(step.qos));
          model.byId.delete(step.id);
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
            else expect(inflight.discard(id)).toBe(model.byId.delete(id));
          }
        }
        expect(inflight.ids()).toEqual([...model.byId.keys()]);
        expect([inflight.size, inflight.bytes]).toEqual([model.byId.size, model.bytes]);
        expect(inflight.oldest).toBe([...model.byId.keys()][0] ?? 0);
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
  expect([inflight.oldest, inflight.size]).toEqual([kept, 1]);
});
