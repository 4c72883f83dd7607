import type { CaptureReport } from "../../protocol/analysis/analysis.ts";
import type { Tracked } from "../../protocol/analysis/conversations.ts";
import type { CaptureInterface } from "../../protocol/capture/frame.ts";
import { hasMadeUpHeaders, serviceOfInterface } from "../../protocol/capture/synthetic/made-up.ts";
import type { Finding, FindingCode } from "../../protocol/conversation/finding.ts";
import { formatSize } from "../../protocol/text/units.ts";
import { acknowledgementsOf } from "./acknowledgements.ts";
import { type Block, heading, list, paragraph, withoutEmptyColumns } from "./block.ts";
import {
  duration,
  endpoint,
  largest,
  packetsOf,
  payloadOf,
  percentile,
  sinceStart,
  throughput,
  wireBytesOf,
} from "./quantities.ts";
import { type StepLimit, storyOf } from "./story.ts";
import type { ExplainWords } from "./words.ts";

export interface ReportOptions {
  /** The file, as it is called. */
  readonly name: string;
  readonly words: ExplainWords;
  /** Conversations to be told whole; none: the first ones, shortened. */
  readonly chosen: readonly number[];
}

const maxTold = 30;
const shortened: StepLimit = { first: 40, last: 10 };
const whole: StepLimit = { first: 1000, last: 1000 };
/** Lines of one kind of finding. */
const maxOfKind = 10;
const maxRows = 200;
const maxListed = 5;

/** The report on a capture, from the whole to the single packet and back to the sums. */
export function reportOf(report: CaptureReport, options: ReportOptions): Block[] {
  const { words } = options;
  const title = heading(1, words.headings.title(options.name));
  if (report.packets === 0) return [title, paragraph(words.noPackets), ...oddities(report, words)];
  return [
    title,
    paragraph(summary(report, words)),
    ...oddities(report, words),
    ...hosts(report, words),
    ...network(report, words),
    ...conversations(report, options),
    ...acknowledgementsOf(report.conversations, words),
    ...sums(report, words),
  ];
}

/** The capture as a whole: packets, bytes, time, who wrote it. */
export function summary(report: CaptureReport, words: ExplainWords): string {
  const { packets, wireBytes, begin, about, interfaces, kinds } = report;
  const told = [
    words.summary({
      packets: packets.toLocaleString(words.locale),
      size: formatSize(wireBytes),
      duration: report.duration === 0 ? "" : duration(report.duration),
      begin: instantText(begin?.seconds ?? 0),
      conversations: report.conversations.length,
    }),
  ];
  if (about?.application !== undefined) told.push(words.writtenBy(about.application));
  told.push(...sources(interfaces, words));
  if (report.hasMadeUpHeaders) told.push(words.madeUpHeaders);
  const others = (["arp", "icmp", "fragment", "other", "malformed"] as const).filter(
    (kind) => kinds[kind] > 0,
  );
  if (others.length > 0)
    told.push(words.kinds(others.map((kind) => `${kinds[kind]} ${words.kindNames[kind]}`).join(", ")));
  return told.join(" ");
}

/** Where the packets were captured, and of which services they were recorded. */
function sources(interfaces: readonly CaptureInterface[], words: ExplainWords): string[] {
  const recorded = interfaces.filter(hasMadeUpHeaders);
  const captured = interfaces.filter((found) => !hasMadeUpHeaders(found));
  const names = captured.flatMap(({ name, description }) =>
    name === undefined ? [] : [description === undefined ? name : `${name} (${description})`],
  );
  // A service has an interface in each file that was joined to this one.
  const services = [...new Set(recorded.flatMap(serviceText))];
  const told = names.length === 0 ? [] : [words.interfaces(shortList(names))];
  if (services.length === 0) return told;
  const shown = services.slice(0, maxListed);
  told.push(words.recordedServices(shown, services.length - shown.length));
  return captured.length === 0 ? told : [...told, words.recordedHeaders];
}

/** `echo`, or `gema (echo)` where its name does not tell its role. */
function serviceText(found: CaptureInterface): string[] {
  const service = serviceOfInterface(found);
  if (service === undefined) return [];
  const { name, role } = service;
  return [role === undefined || role === name ? name : `${name} (${role})`];
}

/** In UTC, because the reader of a capture is often elsewhere. */
const instantText = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace("T", " ").replace(".000Z", " UTC");

const shortList = (names: readonly string[]): string =>
  names.length <= maxListed
    ? names.join(", ")
    : `${names.slice(0, maxListed).join(", ")}, … (${names.length})`;

function oddities({ findings, omittedFindings }: CaptureReport, words: ExplainWords): Block[] {
  const title = heading(2, words.headings.odd);
  if (findings.length === 0) return [title, paragraph(words.nothingOdd)];
  const byCode = Map.groupBy(findings, ({ code }) => code);
  const items = [...byCode].flatMap(([code, found]) => ofKind(code, found, words));
  if (omittedFindings > 0) items.push(words.isOmitted(omittedFindings));
  return [title, list(items)];
}

/** The findings of one kind as sentences, each with its packets. */
export function ofKind(code: FindingCode, found: readonly Finding[], words: ExplainWords): string[] {
  const shown = found.slice(0, maxOfKind).map((finding) => {
    const { conversation, packets, count, values } = finding;
    const where = [
      ...(conversation === undefined ? [] : [words.inConversation(conversation)]),
      ...(packets.length === 0 ? [] : [words.inPackets(packets.join(", "), count > packets.length)]),
    ];
    const sentence = words.findings[code](values, count);
    return where.length === 0 ? sentence : `${sentence} (${where.join(", ")})`;
  });
  const left = found.length - shown.length;
  return left === 0 ? shown : [...shown, words.isOmitted(left)];
}

function hosts({ hosts: found }: CaptureReport, words: ExplainWords): Block[] {
  if (found.length === 0) return [];
  const { columns } = words;
  const rows = found
    .slice(0, maxRows)
    .map(({ address, macs, serves, uses, clientNames }) => [
      address,
      ...[macs, serves, uses, clientNames].map((names) => [...names].join(", ")),
    ]);
  const all = [columns.address, columns.hardwareAddress, columns.serves, columns.uses, columns.clientNames];
  return [
    heading(2, words.headings.hosts),
    withoutEmptyColumns({ kind: "table", columns: all.map((title) => ({ title })), rows }),
  ];
}

function network({ events, omittedEvents }: CaptureReport, words: ExplainWords): Block[] {
  if (events.length === 0) return [];
  const { columns } = words;
  const rows = events.map(({ packet, time, protocol, source, text }) => [
    `${packet}`,
    sinceStart(time),
    source,
    `${protocol}: ${text}`,
  ]);
  if (omittedEvents > 0) rows.push(["", "", "", words.omittedSteps(omittedEvents)]);
  return [
    heading(2, words.headings.network),
    {
      kind: "table",
      columns: [
        { title: columns.packet, align: "right" },
        { title: columns.time, align: "right" },
        { title: columns.address },
        { title: columns.what },
      ],
      rows,
    },
  ];
}

function conversations(report: CaptureReport, { words, chosen }: ReportOptions): Block[] {
  const all = report.conversations;
  if (all.length === 0) return [];
  const isChosen = chosen.length > 0;
  const told = isChosen
    ? all.filter(({ conversation }) => chosen.includes(conversation.number))
    : all.slice(0, maxTold);
  const left = isChosen || all.length <= maxTold ? [] : [words.omittedConversations(maxTold, all.length)];
  return [
    heading(2, words.headings.conversations),
    ...left.map(paragraph),
    ...told.flatMap((tracked) => storyOf(tracked, words, isChosen ? whole : shortened)),
  ];
}

function sums(report: CaptureReport, words: ExplainWords): Block[] {
  if (report.conversations.length === 0) return [];
  return [
    heading(2, words.headings.sums),
    conversationTable(report.conversations.slice(0, maxRows), words),
    ...(report.conversations.length > maxRows
      ? [paragraph(words.isOmitted(report.conversations.length - maxRows))]
      : []),
    heading(2, words.headings.services),
    serviceTable(report, words),
  ];
}

export function conversationTable(shown: readonly Tracked[], words: ExplainWords): Block {
  const { columns } = words;
  const right = (title: string) => ({ title, align: "right" }) as const;
  return withoutEmptyColumns({
    kind: "table",
    columns: [
      right(columns.number),
      { title: columns.conversation },
      { title: columns.service },
      right(columns.packets),
      right(columns.bytes),
      right(columns.payload),
      right(columns.duration),
      right(columns.throughput),
      right(columns.handshake),
      { title: columns.end },
    ],
    rows: shown.map(({ conversation, tcp }) => {
      const { number, ends, serviceName, first, last } = conversation;
      const passed = last.time - first.time;
      return [
        `${number}`,
        `${endpoint(ends.client)} → ${endpoint(ends.server)}`,
        serviceName,
        `${packetsOf(conversation)}`,
        formatSize(wireBytesOf(conversation)),
        formatSize(payloadOf(conversation)),
        passed === 0 ? "" : duration(passed),
        throughput(payloadOf(conversation), passed),
        tcp?.handshakeTime === undefined ? "" : duration(tcp.handshakeTime),
        tcp === undefined ? "" : words.endsShort[tcp.state],
      ];
    }),
  });
}

export function serviceTable({ services }: Pick<CaptureReport, "services">, words: ExplainWords): Block {
  const { columns } = words;
  const right = (title: string) => ({ title, align: "right" }) as const;
  return withoutEmptyColumns({
    kind: "table",
    columns: [
      { title: columns.service },
      right(columns.conversations),
      right(columns.packets),
      right(columns.bytes),
      right(columns.payload),
      right(columns.throughput),
      right(columns.handshake),
      right(columns.answers),
      right(columns.median),
      right(columns.percentile(95)),
      right(columns.percentile(99)),
      right(columns.slowest),
    ],
    rows: services
      .slice(0, maxRows)
      .map((sum) => [
        sum.name,
        `${sum.conversations}`,
        `${sum.packets}`,
        formatSize(sum.wireBytes),
        formatSize(sum.bytes),
        throughput(sum.bytes, sum.end - sum.begin),
        percentile(sum.handshakes, 0.5),
        `${sum.answers.count}`,
        percentile(sum.answers, 0.5),
        percentile(sum.answers, 0.95),
        percentile(sum.answers, 0.99),
        largest(sum.answers),
      ]),
  });
}
