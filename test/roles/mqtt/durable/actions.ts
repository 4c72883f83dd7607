import fc from "fast-check";
import type { Qos } from "../../../../src/protocol/mqtt/packet.ts";
import type { Random } from "../../../support/random.ts";
import type { ModelStore } from "./model-store.ts";
import { message } from "./stored-message.ts";

const encoder = new TextEncoder();

const clients = ["ani", "budi", "citra"] as const;
const topics = ["a", "a/b", "suhu/dapur"] as const;
const kinds = [
  "keep",
  "keep",
  "deliver",
  "deliver",
  "deliver",
  "deliver",
  "run",
  "run",
  "send",
  "acknowledge",
  "acknowledge",
  "dequeue",
  "receive",
  "release",
  "subscribe",
  "unsubscribe",
  "away",
  "end",
  "retain",
  "clear",
  "will",
  "noWill",
  "commit",
  "commit",
  "commit",
  "commit",
] as const;
const sizes = [0, 1, 20, 300] as const;
const id = fc.integer({ min: 1, max: 8 });

export const action = fc.record({
  does: fc.constantFrom(...kinds),
  who: fc.constantFrom(...clients),
  topic: fc.constantFrom(...topics),
  id,
  size: fc.constantFrom(...sizes),
  isYes: fc.boolean(),
  qos: fc.constantFrom<Qos>(1, 2),
});
export type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** The same, for a test that runs on from one action to the next. */
export const randomAction = (random: Random): Action => ({
  does: random.pick(kinds),
  who: random.pick(clients),
  topic: random.pick(topics),
  id: 1 + random.below(8),
  size: random.pick(sizes),
  isYes: random.below(2) === 0,
  qos: random.pick([1, 2]),
});

/** Makes one change, where the model allows it; what was published last goes to other sessions, too. */
export function act(model: ModelStore, { does, who, topic, id, size, isYes, qos }: Action): void {
  if (does === "retain")
    return model.retain(
      message(topic, "x".repeat(size + 1), { retain: true, properties: isYes ? "abc" : "" }),
    );
  if (does === "clear") return model.clear(topic);
  if (does === "will") return model.keepWill(who, id * 1000, encoder.encode("w".repeat(size)));
  if (does === "noWill") return model.dropWill(who);
  if (does === "keep")
    return model.keep(
      who,
      isYes ? Number.POSITIVE_INFINITY : id * 1000,
      isYes ? undefined : "owner",
      id % 2 === 0 ? "kelas/" : undefined,
    );
  const session = model.known.get(who);
  if (session === undefined) return;
  const isFreeId = (wanted: number) =>
    ![...session.deliveries.values()].some((one) => one.packetId === wanted) &&
    !session.awaitingPubcomp.has(wanted);
  const isFree = isFreeId(id);
  switch (does) {
    case "deliver": {
      if (isYes) model.lastMessage = message(topic, "y".repeat(size), { qos });
      const options = {
        retain: size === 1,
        subscriptionIds: size === 20 ? [1, 70_000] : undefined,
        share: size === 0 ? `$share/g/${topic}` : undefined,
      };
      return model.deliver(
        who,
        { message: model.lastMessage, qos, ...options },
        isFree && size !== 300 ? id : undefined,
      );
    }
    case "run": {
      const texts = ["one", "two", "three", "four"].slice(0, 1 + (id % 4));
      if (isYes) model.lastRun = texts.map((text) => message(topic, text.padEnd(size), { qos }));
      // Of some sizes only a part has been recorded before.
      const run = size === 1 ? [...model.lastRun.slice(1), message(topic, "last", { qos })] : model.lastRun;
      const options = { qos, retain: size === 1, subscriptionIds: size === 20 ? [1] : undefined };
      let packetId = id;
      while (!run.every((_, i) => isFreeId(packetId + i))) packetId++;
      const deliveries = run.map((one) => ({ message: one, ...options }));
      return model.deliverRun(who, deliveries, packetId);
    }
    case "send":
      return isFree ? model.send(who, id) : undefined;
    case "acknowledge":
      return model.acknowledge(who, id, isYes);
    case "dequeue":
      return model.dequeue(who);
    case "receive":
      return model.receive(who, id);
    case "release":
      return model.release(who, id);
    case "subscribe":
      return model.subscribe(who, {
        filter: `${topic}/#`,
        qos,
        noLocal: isYes,
        retainAsPublished: !isYes,
        identifier: size,
      });
    case "unsubscribe":
      return model.unsubscribe(who, `${topic}/#`);
    case "away":
      return model.setAway(who, isYes);
    case "end":
      return model.end(who);
  }
}
