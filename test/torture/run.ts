import { parseArgs } from "node:util";
import { freePort } from "../support/free-port.ts";
import { Random } from "../support/random.ts";
import { Pair } from "./pair.ts";
import { Victim } from "./victim.ts";
import { Witness } from "./witness.ts";

/*
 * bun test/torture/run.ts [--rounds 20] [--pairs 6] [--binary dist/distsrv] [--segment 1MiB] [--seed N]
 *
 * Kills a durable broker with SIGKILL at random moments while publishers and subscribers with lasting sessions are at
 * work, and starts it again. Ends with status 1 when anything that was acknowledged is missing, a message at QoS 2
 * came twice, an order was broken, a retained value or a will was lost, or a warning logged.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    pairs: { type: "string", default: "6" },
    segment: { type: "string", default: "1MiB" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    binary: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const pairCount = Number(values.pairs);
if (!(rounds > 0) || !(pairCount > 0)) throw new Error("--rounds and --pairs must be numbers above 0");

const random = new Random(Number(values.seed));
const victim = new Victim(values.binary, freePort(), values.segment);
const witness = new Witness(victim.port);
await victim.start();
const pairs = Array.from({ length: pairCount }, (_, index) => new Pair(victim.port, index));

/** Waits for a condition; false: it did not come in time. */
async function comes(condition: () => boolean, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!condition() && performance.now() < end) await Bun.sleep(10);
  return condition();
}

/** Load, for a random time, and takeovers in the midst of it. */
async function life(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    for (const pair of pairs) pair.publish(1 + random.below(20));
    if (random.below(20) === 0) random.pick(pairs).takeOver();
    await Bun.sleep(random.below(4));
  }
}

console.log(`Seed ${values.seed}, ${pairCount} pairs, ${rounds} rounds`);
if (!(await comes(() => pairs.every(({ isSubscribed }) => isSubscribed), 20_000)))
  throw new Error("not every subscriber got its SUBACK");
for (let round = 1; round <= rounds; round++) {
  await witness.begin();
  await life(50 + random.below(650));
  witness.end();
  await victim.kill();
  await witness.forget();
  await victim.start();
  if (round % 10 === 0 || round === rounds) {
    const sent = pairs.reduce((sum, pair) => sum + pair.sent, 0);
    console.log(`Round ${round}: ${sent} messages sent`);
  }
}
await witness.begin();
witness.end();
await comes(() => pairs.every(({ isQuiet }) => isQuiet), 30_000);
const faults = [...pairs.flatMap((pair) => pair.faults()), ...witness.faults];
const sent = pairs.reduce((sum, pair) => sum + pair.sent, 0);
for (const pair of pairs) pair.stop();
await witness.forget();
await victim.end();
for (const fault of [...faults, ...victim.complaints]) console.log(fault);
const count = faults.length + victim.complaints.length;
console.log(
  `${rounds} kills, ${sent} messages: ${count === 0 ? "nothing lost, nothing doubled" : `${count} faults`}`,
);
process.exit(count === 0 ? 0 : 1);
