import type { CaptureReport } from "../protocol/analysis/analysis.ts";
import type { Tracked } from "../protocol/analysis/conversations.ts";
import { diagramOf } from "./diagram.ts";
import { acknowledgementsOf } from "./explain/acknowledgements.ts";
import { heading, list, paragraph } from "./explain/block.ts";
import { endpoint } from "./explain/quantities.ts";
import { conversationTable, ofKind, serviceTable, summary } from "./explain/report.ts";
import { stepTable } from "./explain/story.ts";
import type { ExplainWords } from "./explain/words.ts";
import { factsOf } from "./facts.ts";
import type { ReportPart } from "./part.ts";
import type { ReportWords } from "./words.ts";

/** What a report is written with. */
export interface Wording {
  readonly explain: ExplainWords;
  readonly report: ReportWords;
}

/** Of a service; more fill pages without saying more. */
const maxTables = 4;
const maxExplained = 8;
const maxServices = 40;
const tableSteps = { first: 30, last: 5 };

/** A capture as sections: one for each service in it. */
export function captureSections(capture: CaptureReport, wording: Wording): ReportPart[] {
  const { explain, report } = wording;
  if (capture.packets === 0) return [paragraph(explain.noPackets), ...general(capture, wording)];
  return [
    paragraph(summary(capture, explain)),
    ...general(capture, wording),
    ...capture.services
      .slice(0, maxServices)
      .flatMap(({ name }) => [
        heading(2, report.service(name)),
        ...serviceSection(capture, name, wording),
        ...analysisPlace(report),
      ]),
  ];
}

/** Findings that belong to no conversation, such as a damaged file. */
function general({ findings, omittedFindings }: CaptureReport, { explain, report }: Wording): ReportPart[] {
  const items = findings
    .filter(({ conversation }) => conversation === undefined)
    .flatMap((finding) => ofKind(finding.code, [finding], explain));
  if (omittedFindings > 0) items.push(explain.isOmitted(omittedFindings));
  return items.length === 0 ? [] : [heading(3, report.headings.odd), list(items)];
}

/** The student's own part. */
export const analysisPlace = ({ headings, analysisHint }: ReportWords): ReportPart[] => [
  heading(3, headings.analysis),
  { kind: "blank", hint: analysisHint },
];

/** Diagram, packets, sums and explanation of one service. */
export function serviceSection(capture: CaptureReport, name: string, wording: Wording): ReportPart[] {
  const { explain, report } = wording;
  const { headings } = report;
  const tracked = capture.conversations.filter(({ conversation }) => conversation.serviceName === name);
  const diagram = diagramOf(tracked, explain);
  return [
    heading(3, headings.diagram),
    { kind: "diagram", diagram, caption: `${report.diagramOf(name)}. ${report.timesFrom}` },
    heading(3, headings.packets),
    ...tables(tracked, wording),
    heading(3, headings.sums),
    conversationTable(tracked.slice(0, maxServices), explain),
    serviceTable({ services: capture.services.filter((sum) => sum.name === name) }, explain),
    heading(3, headings.explanation),
    list(tracked.slice(0, maxExplained).map((one) => factsOf(one, report))),
    ...(tracked.length > maxExplained ? [paragraph(report.fact.omitted(maxExplained, tracked.length))] : []),
    ...acknowledgementsOf(tracked, explain).slice(1),
    ...oddities(capture, tracked, wording),
  ];
}

function tables(tracked: readonly Tracked[], { explain, report }: Wording): ReportPart[] {
  const parts = tracked.slice(0, maxTables).flatMap(({ conversation }): ReportPart[] => {
    const { number, ends, serviceName } = conversation;
    const title = explain.headings.conversation(number, serviceName);
    return [
      paragraph(`${title}, ${endpoint(ends.client)} → ${endpoint(ends.server)}`),
      stepTable(conversation, explain, tableSteps),
    ];
  });
  if (tracked.length > maxTables) parts.push(paragraph(report.omittedTables(maxTables, tracked.length)));
  return parts;
}

function oddities(
  { findings }: CaptureReport,
  tracked: readonly Tracked[],
  { explain, report }: Wording,
): ReportPart[] {
  const numbers = new Set(tracked.map(({ conversation }) => conversation.number));
  const own = findings.filter(({ conversation }) => conversation !== undefined && numbers.has(conversation));
  if (own.length === 0) return [];
  const items = [...Map.groupBy(own, ({ code }) => code)].flatMap(([code, found]) =>
    ofKind(code, found, explain),
  );
  return [heading(3, report.headings.odd), list(items)];
}
