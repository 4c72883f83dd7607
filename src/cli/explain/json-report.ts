import type { CaptureReport } from "../../protocol/analysis/analysis.ts";
import type { Tracked } from "../../protocol/analysis/conversations.ts";
import type { ServiceSums } from "../../protocol/analysis/service-sums.ts";
import type { Percentiles } from "../../protocol/conversation/percentiles.ts";
import type { Step } from "../../protocol/conversation/step.ts";
import { roundMs } from "../../protocol/text/units.ts";

// One object per line: the capture, its findings, its hosts, what happened below TCP, its conversations, its services.

export function* jsonReport(report: CaptureReport, chosen: readonly number[]): Generator<object> {
  const { about, interfaces, hasMadeUpHeaders, packets, wireBytes, begin, kinds } = report;
  yield {
    kind: "capture",
    format: about?.format,
    application: about?.application,
    interfaces,
    hasMadeUpHeaders,
    packets,
    bytes: wireBytes,
    begin: begin === undefined ? null : begin.seconds + begin.nanoseconds / 1e9,
    durationMs: milliseconds(report.duration),
    packetKinds: kinds,
    conversations: report.conversations.length,
    omittedConversations: report.omittedConversations,
  };
  for (const finding of report.findings) yield { kind: "finding", ...finding };
  for (const { address, ...sets } of report.hosts) {
    const lists = Object.entries(sets).map(([name, values]) => [name, [...values]]);
    yield { kind: "host", address, ...Object.fromEntries(lists) };
  }
  for (const { time, ...event } of report.events)
    yield { kind: "network", timeMs: milliseconds(time), ...event };
  for (const tracked of report.conversations)
    if (chosen.length === 0 || chosen.includes(tracked.conversation.number))
      yield conversationObject(tracked);
  for (const service of report.services) yield serviceObject(service);
}

/** Of nanoseconds. */
const milliseconds = (nanoseconds: number): number => roundMs(nanoseconds / 1e6);

function conversationObject({ conversation, tcp }: Tracked): object {
  const { number, transport, ends, serviceName, protocol, first, last, counts, exchanges, steps } =
    conversation;
  return {
    kind: "conversation",
    number,
    transport,
    client: ends.client,
    server: ends.server,
    service: serviceName,
    protocol,
    firstPacket: first.packet,
    lastPacket: last.packet,
    beginMs: milliseconds(first.time),
    durationMs: milliseconds(last.time - first.time),
    sent: counts,
    answers: times(exchanges.times),
    ...(tcp !== undefined && {
      tcp: {
        state: tcp.state,
        closedBy: tcp.closedBy,
        resetBy: tcp.resetBy,
        handshakeMs: tcp.handshakeTime === undefined ? undefined : milliseconds(tcp.handshakeTime),
        options: tcp.options,
        missing: tcp.missing,
        repeatedSightings: tcp.repeatedSightings,
      },
    }),
    steps: [...steps.first, ...steps.last].map(stepObject),
    omittedSteps: steps.omitted,
  };
}

export function stepObject({ side, packet, time, event }: Step): object {
  const where = { packet, timeMs: milliseconds(time), side };
  if (event.kind !== "message") return { ...where, ...event };
  const { message, answerTime, ...rest } = event;
  return {
    ...where,
    ...rest,
    ...message,
    answerMs: answerTime === undefined ? undefined : milliseconds(answerTime),
  };
}

function serviceObject({ name, conversations, packets, wireBytes, bytes, ...sums }: ServiceSums): object {
  return {
    kind: "service",
    service: name,
    conversations,
    packets,
    bytes: wireBytes,
    payload: bytes,
    durationMs: milliseconds(sums.end - sums.begin),
    answers: times(sums.answers),
    handshakes: times(sums.handshakes),
  };
}

function times(all: Percentiles): object {
  if (all.count === 0) return { count: 0 };
  const at = (share: number) => milliseconds(all.at(share)!);
  return {
    count: all.count,
    medianMs: at(0.5),
    p95Ms: at(0.95),
    p99Ms: at(0.99),
    maxMs: milliseconds(all.max),
  };
}
