import type { CaptureReport } from "../../protocol/analysis/analysis.ts";
import type { Tracked } from "../../protocol/analysis/conversations.ts";
import type { Finding } from "../../protocol/conversation/finding.ts";
import type { Side } from "../../protocol/conversation/place.ts";
import type { Step, StepEvent, StepLog } from "../../protocol/conversation/step.ts";
import { endpoint, packetsOf, wireBytesOf } from "../../report/explain/quantities.ts";
import { explainWords } from "../../report/languages.ts";
import {
  type CapturedConversation,
  type CapturedCourse,
  type CapturedFinding,
  type CapturedStep,
  type CapturePicture,
  type InBoth,
  type Shortened,
  type TransportStep,
  transportSteps,
} from "./messages.ts";
import type { PayloadLog } from "./payloads.ts";
import type { SegmentLogs } from "./segments.ts";

const english = explainWords("en");
const indonesian = explainWords("id");

/** The report as plain data, which a worker can hand to its page. */
export function pictureOf(report: CaptureReport): CapturePicture {
  const { begin, findings } = report;
  const damage = findings.find(({ code }) => code === "damaged-capture");
  return {
    packets: report.packets,
    wireBytes: report.wireBytes,
    begin: begin === undefined ? 0 : begin.seconds * 1000 + begin.nanoseconds / 1e6,
    damage: damage && {
      reason: String(damage.values.reason),
      packets: report.packets,
      offset: damage.values.offset === undefined ? undefined : Number(damage.values.offset),
    },
    conversations: report.conversations.map(conversationOf),
    omittedConversations: report.omittedConversations,
    // A banner says it of a damaged file.
    findings: findings.filter((finding) => finding !== damage).map(findingOf),
    omittedFindings: report.omittedFindings,
  };
}

/** What the conversations of these numbers said. */
export function coursesOf(
  { conversations }: CaptureReport,
  numbers: readonly number[],
  { segments, payloads }: { readonly segments: SegmentLogs; readonly payloads: PayloadLog },
): CapturedCourse[] {
  return numbers.flatMap((number) => {
    const conversation = conversations[number - 1]?.conversation;
    if (conversation === undefined) return [];
    const bytes = payloads.messages(conversation);
    return {
      number,
      steps: shortened(conversation.steps, (step) => stepOf(step, bytes.get(step))),
      segments: shortened(segments.get(conversation), (segment) => [segment]),
    };
  });
}

function conversationOf({ conversation, tcp }: Tracked): CapturedConversation {
  const { number, serviceName, transport, protocol, ends, steps } = conversation;
  const kept = [...steps.first, ...steps.last];
  return {
    ...{ number, service: serviceName, transport, protocol },
    client: endpoint(ends.client),
    server: endpoint(ends.server),
    packets: packetsOf(conversation),
    wireBytes: wireBytesOf(conversation),
    state: tcp && inBoth(english.endsShort[tcp.state], indonesian.endsShort[tcp.state]),
    end: endOf(kept, tcp?.closedBy),
    isRefused: tcp?.state === "refused",
  };
}

const inBoth = (en: string, id: string): InBoth => ({ en, id });

function shortened<From, To>(log: StepLog<From> | undefined, make: (from: From) => To[]): Shortened<To> {
  if (log === undefined) return { first: [], omitted: 0, last: [] };
  return { first: log.first.flatMap(make), omitted: log.omitted, last: log.last.flatMap(make) };
}

/** SYN and FIN are among the segments. */
function stepOf({ packet, time, side, event }: Step, bytes: Buffer | undefined): CapturedStep[] {
  const place = { packet, time: time / 1e6, side };
  if (event.kind === "message") {
    const { message, length, acknowledgedBy, answerTime, answerTo } = event;
    return [
      {
        ...place,
        ...{ is: "message", text: message.text, fields: message.fields, length, acknowledgedBy, answerTo },
        answerTime: answerTime === undefined ? undefined : answerTime / 1e6,
        bytes: bytes?.toString("base64"),
      },
    ];
  }
  if (!isTransportStep(event.kind)) return [];
  return [{ ...place, is: event.kind, length: "length" in event ? event.length : undefined }];
}

const isTransportStep = (kind: StepEvent["kind"]): kind is TransportStep =>
  (transportSteps as readonly string[]).includes(kind);

/** The connection is over with an RST, or else with the second FIN. */
function endOf(steps: readonly Step[], closedBy: Side | undefined): CapturedConversation["end"] {
  const reset = steps.find(({ event }) => event.kind === "reset");
  if (reset !== undefined) return { by: reset.side, isReset: true, packet: reset.packet };
  const fins = steps.filter(({ event }) => event.kind === "fin");
  const last = fins.at(-1);
  if (fins.length < 2 || last === undefined) return undefined;
  return { by: closedBy ?? last.side, isReset: false, packet: last.packet };
}

function findingOf({ code, conversation, packets, count, values }: Finding): CapturedFinding {
  const sentence = inBoth(english.findings[code](values, count), indonesian.findings[code](values, count));
  return { code, conversation, packets, count, sentence };
}
