import { describeError } from "../../src/core/errors.ts";
import type { Case, Contender, Figures, Load, Row, RunningServer } from "./case.ts";
import { runLoad } from "./load.ts";
import { describeMissing, missing } from "./machine.ts";
import { median, pairwise } from "./statistics.ts";
import type { Workshop } from "./workshop.ts";

export interface Settings {
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** Told what is being done, for whoever waits. */
  readonly progress: (text: string) => void;
}

/** A contender with its measurements, one a round; out of the race with a reason, once something was wrong. */
interface Entrant {
  readonly contender: Contender;
  readonly goal?: number | undefined;
  server?: RunningServer;
  out?: { readonly kind: "skipped" | "failed"; readonly reason: string };
  readonly samples: Figures[];
}

/** Measures distsrv and its rivals in turn, A B C A B C ..., and pairs the neighbours. */
export async function measureCase(work: Case, workshop: Workshop, settings: Settings): Promise<Row[]> {
  const own: Entrant = { contender: work.ours, samples: [] };
  const rivals: Entrant[] = work.rivals.map((rival) => ({ contender: rival, goal: rival.goal, samples: [] }));
  const entrants = [own, ...rivals];
  const told = (what: string) => settings.progress(`${work.group}, ${work.title}: ${what}`);
  try {
    for (const entrant of entrants) await enter(entrant, work.load, workshop);
    // Once unmeasured: compilers warm up, caches fill.
    for (let round = 0; round <= settings.rounds; round++) {
      for (const entrant of entrants) {
        if (own.out !== undefined) break;
        told(`${entrant.contender.name}, ${round === 0 ? "warming up" : `round ${round}`}`);
        const seconds = round === 0 ? Math.min(1, settings.seconds) : settings.seconds;
        const figures = await measure(entrant, work.load, seconds, workshop);
        if (round > 0 && figures !== undefined) entrant.samples.push(figures);
      }
    }
  } finally {
    await Promise.all(entrants.map(({ server }) => server?.stop()));
  }
  return rivals.map((rival) => rowOf(work, own, rival));
}

async function enter(entrant: Entrant, load: Load, workshop: Workshop): Promise<void> {
  const lacking = missing([...load.needs, ...entrant.contender.needs]);
  if (lacking.length > 0) {
    entrant.out = { kind: "skipped", reason: describeMissing(lacking) };
    return;
  }
  try {
    entrant.server = await entrant.contender.start(workshop);
  } catch (error) {
    entrant.out = { kind: "failed", reason: `${entrant.contender.name}: ${describeError(error)}` };
  }
}

async function measure(entrant: Entrant, load: Load, seconds: number, workshop: Workshop) {
  const { server } = entrant;
  if (server === undefined || entrant.out !== undefined) return undefined;
  try {
    return await runLoad(load, server, seconds, workshop);
  } catch (error) {
    entrant.out = { kind: "failed", reason: `${entrant.contender.name}: ${describeError(error)}` };
    return undefined;
  }
}

function rowOf(work: Case, own: Entrant, rival: Entrant): Row {
  const { group, title, unit } = work;
  const peer = rival.contender.name;
  const out = own.out ?? rival.out;
  if (out !== undefined) return { group, title, peer, ...out };
  const rates = (entrant: Entrant) => entrant.samples.map(({ perSecond }) => perSecond);
  const ratio = pairwise(rates(own), rates(rival));
  return {
    group,
    title,
    kind: "ratio",
    unit,
    peer,
    ours: middle(own.samples),
    theirs: middle(rival.samples),
    ratio,
    goal: rival.goal,
  };
}

function middle(samples: readonly Figures[]): Figures {
  const of = (name: keyof Figures) => median(samples.map((sample) => sample[name]));
  return { perSecond: of("perSecond"), p50: of("p50"), p99: of("p99"), cpu: of("cpu"), lost: of("lost") };
}
