import type { CaptureReport } from "../../protocol/analysis/analysis.ts";
import type { Conversation } from "../../protocol/conversation/conversation.ts";
import { otherSide } from "../../protocol/conversation/place.ts";
import type { Step, StepEvent } from "../../protocol/conversation/step.ts";
import { endpoint } from "../../report/explain/quantities.ts";

/** ShiViz draws no more in a time that one waits for. */
const maxEvents = 2000;

interface LoggedEvent {
  readonly host: string;
  /** Of the packet that shows it. */
  readonly packet: number;
  readonly text: string;
  /** Of a receipt: the event of its sending. */
  readonly sent?: LoggedEvent;
}

/**
 * A log with vector clocks for ShiViz (https://bestchai.bitbucket.io/shiviz/), whose pattern for logs is the default one.
 * That a message was received is logged only where the capture shows it, and at the packet that does: TCP's ACK, or the
 * answer. What is received by the operating system may be read by the program later.
 */
export function asShiviz(report: CaptureReport, chosen: readonly number[]): string {
  const events = report.conversations
    .map(({ conversation }) => conversation)
    .filter(({ number }) => chosen.length === 0 || chosen.includes(number))
    .flatMap(eventsOf)
    // In one packet the ACK comes before what is sent with it.
    .sort(
      (one, other) =>
        one.packet - other.packet || Number(one.sent === undefined) - Number(other.sent === undefined),
    )
    .slice(0, maxEvents);
  const clocks = new Map<string, Map<string, number>>();
  const sendings = new Map<LoggedEvent, ReadonlyMap<string, number>>();
  return events.map((event) => line(event, clocks, sendings)).join("\n");
}

function line(
  event: LoggedEvent,
  clocks: Map<string, Map<string, number>>,
  sendings: Map<LoggedEvent, ReadonlyMap<string, number>>,
): string {
  const clock = clocks.get(event.host) ?? new Map<string, number>();
  clocks.set(event.host, clock);
  const sending = event.sent === undefined ? undefined : sendings.get(event.sent);
  for (const [host, count] of sending ?? []) clock.set(host, Math.max(clock.get(host) ?? 0, count));
  clock.set(event.host, (clock.get(event.host) ?? 0) + 1);
  if (event.sent === undefined) sendings.set(event, new Map(clock));
  return `${event.host} ${JSON.stringify(Object.fromEntries(clock))}\n${event.text}`;
}

function eventsOf(conversation: Conversation): LoggedEvent[] {
  const { steps } = conversation;
  const messages = [...steps.first, ...steps.last].filter(
    (step): step is Step & { readonly event: StepEvent & { kind: "message" } } =>
      step.event.kind === "message",
  );
  const answers = new Map(messages.map(({ event, packet }) => [event.answerTo, packet]));
  return messages.flatMap(({ side, packet, event }) => {
    const text = event.message.text.replaceAll("\n", " ");
    const sent: LoggedEvent = { host: hostOf(conversation, side), packet, text: `${packet}. ${text}` };
    const shownBy = event.acknowledgedBy ?? answers.get(packet);
    if (shownBy === undefined || shownBy < packet) return [sent];
    const received = { host: hostOf(conversation, otherSide(side)), packet: shownBy, sent };
    return [sent, { ...received, text: `${shownBy}. received: ${text}` }];
  });
}

/** Without spaces, as ShiViz wants it. A service is one host, and each connection of a client. */
const hostOf = ({ ends, serviceName }: Conversation, side: "client" | "server"): string =>
  side === "client" ? endpoint(ends.client) : `${serviceName.replace(/\s/g, "-")}@${endpoint(ends.server)}`;
