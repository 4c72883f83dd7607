import { expect, test } from "bun:test";
import { Checkpoint, type CheckpointTarget } from "../../../../src/roles/mqtt/durable/checkpoint.ts";
import type { LiveSession, LiveState, RecordedDelivery } from "../../../../src/roles/mqtt/ports/store.ts";
import { message } from "./stored-message.ts";

const delivery = (number: number): RecordedDelivery => ({
  ...{ message: message("t", ""), qos: 1, retain: false, subscriptionIds: undefined, number },
});

/** A session of which so many messages are queued. */
const session = (clientId: string, queued: number): LiveSession => ({
  ...{ clientId, owner: undefined, expiry: 1000, subscriptions: [], inFlight: [] },
  ...{ awaitingPubcomp: [], incoming: [] },
  *queuedAfter(number: number) {
    for (let next = number + 1; next <= queued; next++) yield delivery(next);
  },
});

/** A checkpoint of these sessions, each of whose records takes ten bytes. */
function checkpointOf(...sessions: readonly LiveSession[]) {
  const recorded: string[] = [];
  const target: CheckpointTarget = {
    session: ({ clientId }) => void recorded.push(clientId),
    queued: (clientId, { number }) => void recorded.push(`${clientId} ${number}`),
    retained: () => {},
    will: () => {},
    get position() {
      return 10 * recorded.length;
    },
  };
  const state: LiveState = {
    sessions: () => sessions.values(),
    retained: () => [].values(),
    size: () => 0,
  };
  return { recorded, checkpoint: new Checkpoint(target, state, [].values()) };
}

test("a queue is recorded a piece at a time, and what is still to come of it is known", () => {
  const { recorded, checkpoint } = checkpointOf(session("ani", 3), session("budi", 1));
  const toCome = () =>
    [1, 2, 3].filter((number) => checkpoint.isToCome("ani", number)).map((number) => `ani ${number}`);
  expect(toCome()).toEqual([]);
  expect(checkpoint.record(10)).toBe(false);
  expect([recorded.splice(0), toCome()]).toEqual([["ani"], ["ani 1", "ani 2", "ani 3"]]);
  expect(checkpoint.isToCome("budi", 1)).toBe(false);
  checkpoint.record(20);
  expect([recorded.splice(0), toCome()]).toEqual([["ani 1", "ani 2"], ["ani 3"]]);
  expect(checkpoint.record(1000)).toBe(true);
  expect([recorded.splice(0), toCome()]).toEqual([["ani 3", "budi", "budi 1"], []]);
});

test("nothing is to come of a session that has ended meanwhile", () => {
  const { recorded, checkpoint } = checkpointOf(session("ani", 3), session("budi", 0));
  checkpoint.record(20);
  checkpoint.ended("budi");
  expect(checkpoint.isToCome("ani", 2)).toBe(true);
  checkpoint.ended("ani");
  expect(checkpoint.isToCome("ani", 2)).toBe(false);
  checkpoint.record(1000);
  expect(recorded).toEqual(["ani", "ani 1", "budi"]);
});
