import { expect, test } from "bun:test";
import { pause, repeated } from "../../../src/cli/program/schedule.ts";
import { rejects } from "../../support/rejects.ts";

const never = new AbortController().signal;

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

test("a pause ends with the reason of its signal", async () => {
  await rejects(pause(60_000, AbortSignal.abort(new Error("Ctrl-C"))), "Ctrl-C");
});
