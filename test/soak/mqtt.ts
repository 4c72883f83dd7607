import { parseArgs } from "node:util";
import { SoakBroker } from "./broker.ts";
import { Churn } from "./churn.ts";
import { Verifier } from "./verifier.ts";

/*
 * bun test/soak/mqtt.ts [--minutes 10] [--clients 60] [--binary dist/distsrv] [--seed 1]
 *
 * Puts a broker under load for so long and compares its memory, idle and empty, before and after. Ends with status 1
 * when a message was lost, a warning or error logged, state left behind, or memory grew.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    clients: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    binary: { type: "string" },
  },
});
const minutes = Number(values.minutes);
const clients = Number(values.clients);
if (!(minutes > 0) || !(clients > 0)) throw new Error("--minutes and --clients must be numbers above 0");

/** How much memory may have grown once everything is gone: by a factor, and some MB. */
const allowance = { factor: 1.25, megabytes: 16 };

const broker = await SoakBroker.start(values.binary, { maxSessionExpiry: "10s", maxQueuedMessages: 1000 });
const churn = new Churn(broker.port, Number(values.seed));
const verifiers = [new Verifier(broker.port, 1), new Verifier(broker.port, 2)];
const began = performance.now();
const megabytes = (value: number) => `${value.toFixed(1)} MB`;

async function line(): Promise<void> {
  const seconds = Math.round((performance.now() - began) / 1000);
  const { connections, sessions, subscriptions, retained, dropped_total } = await broker.counters();
  const verified = verifiers.map(({ received, breaks }) => `${received} (${breaks} breaks)`).join(" + ");
  console.log(
    `${String(seconds).padStart(4)} s  ${megabytes(broker.memory)}  ${connections} connections, ${sessions} sessions, ` +
      `${subscriptions} subscriptions, ${retained} retained, ${dropped_total} dropped; ` +
      `${churn.connects} connects, ${churn.published} published, ${churn.received} received, verified ${verified}`,
  );
}

/** Runs the load for so many seconds, with a line every 30. */
async function work(seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1000;
  churn.start(clients);
  while (performance.now() < end && broker.isRunning) {
    await Bun.sleep(Math.min(30_000, end - performance.now()));
    await line();
  }
  await churn.stop();
}

/** Waits until only the given state is left, then until memory is stable. */
async function rest(left: { readonly sessions: number; readonly subscriptions: number }): Promise<number> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { sessions, subscriptions, retained, connections } = await broker.counters();
    if (sessions === left.sessions && subscriptions === left.subscriptions && retained === 0) break;
    if (performance.now() > deadline) {
      faults.push(
        `left behind: ${sessions} sessions, ${subscriptions} subscriptions, ${retained} retained, ${connections} connections`,
      );
      break;
    }
    await Bun.sleep(500);
  }
  let lowest = broker.memory;
  for (let second = 0; second < 10; second++) {
    await Bun.sleep(1000);
    lowest = Math.min(lowest, broker.memory);
  }
  return lowest;
}

const faults: string[] = [];
try {
  console.log(`${megabytes(broker.memory)} after the start; warming up`);
  await work(Math.max(15, Math.min(60, minutes * 15)));
  const before = await rest({ sessions: 0, subscriptions: 0 });
  console.log(`${megabytes(before)} warm, empty and idle; ${minutes} minutes of work`);
  for (const verifier of verifiers) await verifier.start();
  await work(minutes * 60);
  for (const verifier of verifiers) await verifier.stop();
  const after = await rest({ sessions: 0, subscriptions: 0 });
  const limit = before * allowance.factor + allowance.megabytes;
  console.log(
    `${megabytes(after)} at the end, empty and idle: ${(after / before).toFixed(2)} of ${megabytes(before)}`,
  );
  if (after > limit)
    faults.push(
      `memory grew from ${megabytes(before)} to ${megabytes(after)}; the limit is ${megabytes(limit)}`,
    );
} catch (error) {
  faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
}
const isAlive = broker.isRunning;
await broker.stop();
for (const fault of [...verifiers.flatMap((verifier) => verifier.faults), ...broker.complaints])
  faults.push(fault);
if (!isAlive) faults.push("distsrv has ended");
for (const fault of faults.slice(0, 20)) console.log(`  ${fault}`);
console.log(faults.length === 0 ? "Good: nothing lost, nothing left behind." : `${faults.length} faults.`);
process.exit(faults.length === 0 ? 0 : 1);
