import { existsSync } from "node:fs";
import { basename, dirname } from "node:path";
import { noFolder } from "../../core/file-error.ts";
import { type ListeningService, labServices } from "../../protocol/analysis/service-ports.ts";
import { coverOf } from "../../report/cover.ts";
import { heading } from "../../report/explain/block.ts";
import type { Language } from "../../report/explain/words.ts";
import { reportWords } from "../../report/languages.ts";
import type { ReportPart } from "../../report/part.ts";
import { captureSections, type Wording } from "../../report/sections.ts";
import { configuredServices, knownServices } from "../capture/services.ts";
import { languageOption, wordsFor } from "../explain/languages.ts";
import { readCapture } from "../explain/read-capture.ts";
import { baseCommand, type Cli, type CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError, UsageError } from "../program/errors.ts";
import { hostName } from "../program/options.ts";
import type { Experiment } from "../report/experiments/experiment.ts";
import { experiments, experimentsNamed } from "../report/experiments/index.ts";
import { experimentSection, runExperiment } from "../report/experiments/run-experiment.ts";
import { formatOf, writeReport } from "../report/write.ts";

interface ReportOptions {
  readonly output?: string | undefined;
  readonly title?: string | undefined;
  readonly name?: string | undefined;
  readonly studentNumber?: string | undefined;
  readonly course?: string | undefined;
  readonly date?: string | undefined;
  readonly lang?: Language | undefined;
  readonly config?: string | undefined;
  readonly experiment?: readonly string[] | undefined;
  readonly list?: true | undefined;
}

/** `distcli report`: a lab report made of captures. */
export const report: CliCommand = (cli) =>
  baseCommand({
    name: "report",
    summary: "Write a lab report of packet captures: diagrams, packets, sums, and an explanation",
    description:
      "Reads captures as distcli explain does, and writes a document to hand in: for each service the sequence diagram, the " +
      "packets, the sums, an explanation in plain words, and an empty place for the analysis. It says nothing that the " +
      "capture does not show. The name of the output tells its format: .html, .md (with the pictures beside it) or .docx. " +
      "With --experiment it runs exercises of the course against a host, keeps the commands and what they print, and captures " +
      "the packets meanwhile where the system allows that, as distcli capture does.",
    examples: [
      "distcli report lab.pcapng -o report.html",
      'distcli report lab.pcapng -o laporan.docx --lang id --name "Ani" --student-number 5025211001',
      'distcli report mqtt.pcapng rest.pcapng -o report.md --title "Week 3" --course "Distributed Systems"',
      "distcli report --list",
      "sudo distcli report 172.16.16.101 --experiment mqtt-topics rest -o report.html",
    ],
  })
    .argument(
      "[captures...]",
      "the captures; - reads the standard input. With --experiment: the host (default: 127.0.0.1)",
    )
    .option("-o, --output <file>", "the report: a name that ends with .html, .md or .docx")
    .option("--title <text>", "its title")
    .option("--name <text>", "who wrote it")
    .option("--student-number <text>", "the student number")
    .option("--course <text>", "the course")
    .option("--date <text>", "the date, as it is to be printed (default: today)")
    .addOption(languageOption)
    .option("--config <file>", "the services and their ports, from a configuration of distsrv")
    .option("--experiment <names...>", "run these, or all, with spaces or commas between them")
    .option("--list", "tell which experiments there are, what each shows and what to look for")
    .action((inputs, options) =>
      cli.run(options, async (context) => {
        const { language, words: explain } = wordsFor(options.lang, context.io.env);
        const wording: Wording = { explain, report: reportWords(language) };
        if (options.list) return listExperiments(context, language, wording);
        const asked: Asked = { cli, context, inputs, options, language, wording };
        return options.experiment === undefined ? reportOnCaptures(asked) : reportOnExperiments(asked);
      }),
    );

interface Asked {
  readonly cli: Cli;
  readonly context: CommandContext;
  readonly inputs: readonly string[];
  readonly options: ReportOptions;
  readonly language: Language;
  readonly wording: Wording;
}

function listExperiments(context: CommandContext, language: Language, { report: words }: Wording): void {
  for (const { name, services, text } of experiments) {
    const { title, shows, lookFor } = text[language];
    const questions = lookFor.map((question) => `    - ${question}`);
    const lines = [`${context.style.strong(name)}: ${title}`, `  ${shows}`, `  ${words.headings.lookFor}:`];
    context.result([...lines, ...questions, ""].join("\n"), { name, services, title, shows, lookFor });
  }
}

/** Of a report on experiments, whose one argument is the host. */
async function reportOnExperiments(asked: Asked): Promise<void> {
  const { cli, context, inputs, options, language, wording } = asked;
  const [host = "127.0.0.1", ...others] = inputs;
  if (others.length > 0)
    throw new UsageError(
      `Experiments run against one host, and these are ${inputs.length}: ${inputs.join(", ")}. Give captures to a report of their own`,
    );
  if (existsSync(host))
    throw new UsageError(`Experiments run against a host, and ${host} is a file: leave --experiment away`);
  const chosen = experimentsNamed((options.experiment ?? []).flatMap((names) => names.split(",")));
  outputOf(options);
  const lab = { host: hostName(host), services: await servicesFor(cli, chosen, options.config) };
  const parts: ReportPart[] = [];
  const failed: string[] = [];
  for (const experiment of chosen) {
    context.note(wording.report.run.begins(experiment.name));
    const run = await runExperiment(cli, experiment, lab);
    if (run.results.some(({ end }) => end !== 0)) failed.push(experiment.name);
    parts.push(...experimentSection(experiment, run, language, wording));
  }
  await finish(asked, parts);
  if (failed.length > 0)
    throw new PeerError(
      "experiments-failed",
      `Commands of ${failed.join(", ")} failed; the report has what they said`,
    );
}

/**
 * The services of the configuration, or else of the lab. What is not configured is not looked for on the lab's ports: that
 * may be somebody else's.
 * @throws {UsageError} when one is not there that an experiment needs
 */
async function servicesFor(
  cli: Cli,
  chosen: readonly Experiment[],
  config: string | undefined,
): Promise<readonly ListeningService[]> {
  if (config === undefined) return labServices;
  const configured = (await configuredServices(cli, config)).filter(({ port }) => port > 0);
  return labServices.flatMap(({ name, role }) => {
    const found = configured.find((service) => service.name === name) ?? onlyOne(configured, role);
    if (found !== undefined) return [{ ...found, name }];
    const asking = chosen.find(({ services }) => services.some((service) => service === name));
    if (asking === undefined) return [];
    throw new UsageError(`${config} has no service ${name}, which the experiment ${asking.name} needs`);
  });
}

/** A service with a name of its own, if there can be no doubt which of the lab's it is. */
function onlyOne(services: readonly ListeningService[], role: string): ListeningService | undefined {
  const [found, ...others] = services.filter((service) => service.role === role);
  const isAmbiguous = others.length > 0 || labServices.filter((service) => service.role === role).length > 1;
  return isAmbiguous ? undefined : found;
}

async function reportOnCaptures(asked: Asked): Promise<void> {
  const { cli, context, inputs, options, wording } = asked;
  if (inputs.length === 0)
    throw new UsageError(
      "There is no capture to report on: name one, as in distcli report lab.pcapng -o report.html",
    );
  outputOf(options);
  const services = await knownServices(cli, options.config);
  const parts: ReportPart[] = [];
  for (const file of inputs) {
    const capture = await readCapture(context, file, { services });
    const name = file === "-" ? wording.explain.standardInput : basename(file);
    parts.push(heading(2, `${wording.report.headings.capture}: ${name}`));
    parts.push(...captureSections(capture, wording));
  }
  await finish(asked, parts);
}

/** Asked for before the work is done, and not after it. @throws {UsageError} */
function outputOf({ output }: ReportOptions): string {
  if (output === undefined)
    throw new UsageError(
      "Where is the report to go? Name a file, as in -o report.html, report.md or report.docx",
    );
  formatOf(output);
  const folder = dirname(output);
  if (!existsSync(folder)) throw new UsageError(`Cannot write ${output}: ${noFolder(folder)}`);
  return output;
}

async function finish(
  { context, options, language, wording }: Asked,
  parts: readonly ReportPart[],
): Promise<void> {
  const { report: words, explain } = wording;
  const title = options.title ?? words.title;
  const date = options.date ?? new Date().toLocaleDateString(explain.locale, { dateStyle: "long" });
  const document = { title, language, parts: [coverOf(title, { ...options, date }, words), ...parts] };
  for (const file of await writeReport(outputOf(options), document, words)) context.result(file, { file });
}
