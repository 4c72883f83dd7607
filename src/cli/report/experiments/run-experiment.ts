import type { LabService } from "../../../core/ports.ts";
import type { ListeningService } from "../../../protocol/analysis/service-ports.ts";
import { heading, list, paragraph } from "../../../report/explain/block.ts";
import type { Language } from "../../../report/explain/words.ts";
import type { ReportPart } from "../../../report/part.ts";
import { analysisPlace, serviceSection, type Wording } from "../../../report/sections.ts";
import type { Cli } from "../../program/command.ts";
import { pause } from "../../program/schedule.ts";
import type { Experiment, Target } from "./experiment.ts";
import { capturePackets, type Packets } from "./packets.ts";
import { type RunningStep, runStep, type StepResult } from "./run-step.ts";

/** Of one command. The slowest are workloads of ZeroMQ, which may be 20 seconds apart. */
const maxStepMs = 120_000;
/** Until what ends a connection has come, too: the other side's FIN is later than the end of our command. */
const graceMs = 250;

/**
 * The kernel begins to note when a packet came only some time after it was asked to (net_enable_timestamp defers that);
 * until then a packet gets the time at which it is read.
 */
const timestampsMs = 250;

export interface ExperimentRun {
  readonly results: readonly StepResult[];
  readonly packets: Packets;
}

export interface Lab {
  readonly host: string;
  readonly services: readonly ListeningService[];
}

/** Runs an experiment's commands one after another, and captures their packets meanwhile. */
export async function runExperiment(cli: Cli, experiment: Experiment, lab: Lab): Promise<ExperimentRun> {
  const target = targetOf(lab);
  const watched = experiment.services.map((name) => serviceNamed(lab.services, name));
  const source = capturePackets(watched, cli.io.stdout);
  const running: RunningStep[] = [];
  try {
    await pause(timestampsMs, cli.io.signal);
    for (const { args, readyAt, isBeside } of experiment.steps) {
      const step = runStep(cli, args(target), maxStepMs, readyAt);
      running.push(step);
      if (readyAt !== undefined) await step.ready;
      else if (isBeside !== true) await step.result;
      cli.io.signal.throwIfAborted();
    }
    const results = await Promise.all(running.map(({ result }) => result));
    await pause(graceMs, cli.io.signal);
    return { results, packets: await source.finish() };
  } catch (error) {
    await source.finish();
    throw error;
  }
}

const targetOf = ({ host, services }: Lab): Target => ({
  host,
  port: (name) => serviceNamed(services, name).port,
  run: crypto.randomUUID().slice(0, 6),
});

/** The last one goes before: those of a configuration stand behind the lab's own. */
function serviceNamed(services: readonly ListeningService[], name: LabService): ListeningService {
  const found = services.findLast((service) => service.name === name);
  if (found === undefined) throw new Error(`The lab's services lack ${name}`);
  return found;
}

/** The finished section: what was done, and what the packets show. */
export function experimentSection(
  { name, text }: Experiment,
  { results, packets }: ExperimentRun,
  language: Language,
  wording: Wording,
): ReportPart[] {
  const { headings, run } = wording.report;
  const { title, shows, lookFor } = text[language];
  return [
    heading(2, `${title} (${name})`),
    heading(3, headings.goal),
    paragraph(shows),
    heading(3, headings.lookFor),
    list(lookFor),
    heading(3, headings.commands),
    ...results.map((result): ReportPart => ({ kind: "terminal", text: transcript(result, wording) })),
    paragraph(
      packets.kind === "captured"
        ? run.captured(packets.capture.packets, packets.lost)
        : run.notCaptured(packets.reason),
    ),
    ...packetParts(packets, wording),
    ...analysisPlace(wording.report),
  ];
}

function transcript({ command, output, end }: StepResult, { report: { run } }: Wording): string {
  const lines = [`\u001b[1m$ ${command}\u001b[22m`];
  if (output !== "") lines.push(output);
  if (end !== 0) lines.push(`\u001b[2m(${end === "stopped" ? run.stopped : run.status(end)})\u001b[22m`);
  return lines.join("\n");
}

function packetParts(packets: Packets, wording: Wording): ReportPart[] {
  if (packets.kind === "none") return [];
  const { capture } = packets;
  const isAlone = capture.services.length === 1;
  return capture.services.flatMap(({ name }) => [
    ...(isAlone ? [] : [heading(3, wording.report.service(name))]),
    ...serviceSection(capture, name, wording),
  ]);
}
