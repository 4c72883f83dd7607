import { describeError } from "../../src/core/errors.ts";
import {
  type Case,
  type Contender,
  type Figures,
  Lacking,
  type Metric,
  type Row,
  type RunningServer,
} from "./case.ts";
import { describeMissing, missing } from "./machine.ts";
import { median, pairwise, spread } from "./statistics.ts";
import type { Workshop } from "./workshop.ts";

export interface Settings {
  readonly rounds: number;
  /** Of each measurement. */
  readonly seconds: number;
  /** Called with what is being done, to show progress. */
  readonly progress: (text: string) => void;
}

/** A contender with its measurements, one a round; excluded, with the reason, once something was wrong. */
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
  for (const entrant of entrants) checkNeeds(entrant, work);
  try {
    // Round 0 is not kept: compilers warm up, caches fill.
    for (let round = work.isFresh ? 1 : 0; round <= settings.rounds; round++) {
      for (const entrant of entrants) {
        if (own.out === undefined) await takePart(entrant, round, work, workshop, settings);
      }
    }
  } finally {
    await Promise.all(entrants.map(({ server }) => server?.stop()));
  }
  return work.metrics.flatMap((metric) => rowsOf(work, metric, own, rivals));
}

function checkNeeds(entrant: Entrant, { load }: Case): void {
  const lacking = missing([...load.needs, ...entrant.contender.needs]);
  if (lacking.length > 0) entrant.out = { kind: "skipped", reason: describeMissing(lacking) };
}

async function takePart(
  entrant: Entrant,
  round: number,
  work: Case,
  workshop: Workshop,
  settings: Settings,
): Promise<void> {
  if (entrant.out !== undefined) return;
  const { name } = entrant.contender;
  settings.progress(
    `${work.group}, ${work.title}: ${name}, ${round === 0 ? "warming up" : `round ${round}`}`,
  );
  const seconds = round === 0 ? Math.min(1, settings.seconds) : settings.seconds;
  try {
    entrant.server ??= await entrant.contender.start(workshop);
    const figures = await work.load.measure(entrant.server, seconds, workshop);
    if (round > 0) entrant.samples.push(figures);
    if (work.isFresh) await leave(entrant);
  } catch (error) {
    const kind = error instanceof Lacking ? "skipped" : "failed";
    entrant.out = { kind, reason: `${name}: ${describeError(error)}` };
  }
}

async function leave(entrant: Entrant): Promise<void> {
  const { server } = entrant;
  delete entrant.server;
  await server?.stop();
}

/** distsrv's own row, where there is a limit, and a row for each rival. */
function rowsOf(work: Case, metric: Metric, own: Entrant, rivals: readonly Entrant[]): Row[] {
  const title = metric.title === undefined ? work.title : `${work.title}: ${metric.title}`;
  const named = { group: work.group, title };
  const { below, unit, figure } = metric;
  const alone: Row[] =
    below === undefined
      ? []
      : [
          own.out === undefined
            ? { ...named, kind: "limit", unit, below, ours: spread(valuesOf(own, figure)) }
            : { ...named, ...own.out },
        ];
  return [
    ...alone,
    ...rivals.map((rival): Row => ({ ...named, ...compare(work.title, metric, own, rival) })),
  ];
}

type Comparison = Row extends infer R ? (R extends unknown ? Omit<R, "group" | "title"> : never) : never;

function compare(work: string, metric: Metric, own: Entrant, rival: Entrant): Comparison {
  const { figure, unit, better, goal } = metric;
  const peer = rival.contender.name;
  const out = own.out ?? rival.out;
  if (out !== undefined) return { peer, ...out };
  const ratio = pairwise(valuesOf(own, figure), valuesOf(rival, figure));
  if (Number.isNaN(ratio.median)) {
    return {
      kind: "skipped",
      peer,
      reason: `${peer}: the ${figure} of a server that runs already is not known`,
    };
  }
  const wanted = goal === "rival" ? rival.goal : goal;
  const ours = middle(own.samples);
  const theirs = middle(rival.samples);
  return { kind: "ratio", work, figure, unit, better, peer, ours, theirs, ratio, goal: wanted };
}

function valuesOf({ contender, samples }: Entrant, figure: string): number[] {
  return samples.map((sample) => {
    const value = sample[figure];
    if (value === undefined) throw new Error(`The work of ${contender.name} does not report its ${figure}`);
    return value;
  });
}

function middle(samples: readonly Figures[]): Figures {
  const of = (name: string) => median(samples.map((sample) => sample[name] ?? Number.NaN));
  const others = Object.keys(samples[0] ?? {}).map((name) => [name, of(name)]);
  return { ...Object.fromEntries(others), perSecond: of("perSecond"), cpu: of("cpu"), lost: of("lost") };
}
