import { expect, test } from "bun:test";
import { pause, repeated } from "../../../src/cli/program/schedule.ts";
import { rejects } from "../../support/rejects.ts";

const never = {
  signal: new AbortController().signal,
  endByInterrupt: () => {
    throw new Error("these rounds have an end");
  },
};

test("the whole pause lies between two rounds, also after one that took longer: lost time is not made up for", async () => {
  const happened: (string | number)[] = [];
  let clock = 0;
  await repeated(
    { repeat: 3, every: 3000 },
    never,
    async (round) => {
      happened.push(`round ${round} at ${clock}`);
      clock += round === 1 ? 6000 : 2; // the first one waits for an iterative server
    },
    async (milliseconds) => {
      clock += milliseconds;
    },
  );
  expect(happened).toEqual(["round 1 at 0", "round 2 at 9000", "round 3 at 12002"]);
});

test("there is no pause after the last round, and without a number one round", async () => {
  const pauses: number[] = [];
  const note = async (milliseconds: number) => void pauses.push(milliseconds);
  await repeated({ repeat: 2 }, never, async () => {}, note);
  await repeated({}, never, async () => {}, note);
  expect(pauses).toEqual([0]);
});

test("rounds without end end in order by Ctrl-C, and not before the first is over", async () => {
  const stop = new AbortController();
  const happened: string[] = [];
  const context = { signal: stop.signal, endByInterrupt: () => void happened.push("may be ended") };
  const round = async (number: number) => {
    happened.push(`round ${number}`);
    if (number === 2) stop.abort(new Error("Ctrl-C"));
  };
  await rejects(repeated({ every: 0 }, context, round), "Ctrl-C");
  expect(happened).toEqual(["round 1", "may be ended", "round 2", "may be ended"]);
});

test("a pause ends with the reason of its signal", async () => {
  await rejects(pause(60_000, AbortSignal.abort(new Error("Ctrl-C"))), "Ctrl-C");
});
