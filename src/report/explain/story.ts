import type { Tracked } from "../../protocol/analysis/conversations.ts";
import type { Conversation } from "../../protocol/conversation/conversation.ts";
import type { Step } from "../../protocol/conversation/step.ts";
import type { TcpConversation } from "../../protocol/conversation/tcp-conversation.ts";
import type { TcpOptions } from "../../protocol/packet/tcp-header.ts";
import { formatSize } from "../../protocol/text/units.ts";
import { type Block, heading, paragraph, withoutEmptyColumns } from "./block.ts";
import { duration, endpoint, largest, percentile, sinceStart } from "./quantities.ts";
import type { ExplainWords } from "./words.ts";

/** How many steps of a conversation are shown at its beginning and at its end. */
export interface StepLimit {
  readonly first: number;
  readonly last: number;
}

/** A conversation from its handshake to its end. */
export function storyOf({ conversation, tcp }: Tracked, words: ExplainWords, limit: StepLimit): Block[] {
  const { number, ends, serviceName, protocol } = conversation;
  const name =
    protocol === undefined || protocol.toLowerCase() === serviceName.toLowerCase()
      ? serviceName
      : `${serviceName} (${protocol})`;
  const title = words.headings.conversation(number, name);
  return [
    heading(3, `${title}, ${endpoint(ends.client)} → ${endpoint(ends.server)}`),
    stepTable(conversation, words, limit),
    paragraph(sentences(conversation, tcp, words).join(" ")),
  ];
}

/** What happened, step by step. */
export function stepTable(conversation: Conversation, words: ExplainWords, limit: StepLimit): Block {
  const { first, last, count } = chosenSteps(conversation, limit);
  const omitted = count - first.length - last.length;
  const { columns } = words;
  const gap = omitted === 0 ? [] : [["", "", "", words.omittedSteps(omitted), ""]];
  return withoutEmptyColumns({
    kind: "table",
    columns: [
      { title: columns.packet, align: "right" },
      { title: columns.time, align: "right" },
      { title: "" },
      { title: columns.what },
      { title: columns.acknowledgement, align: "right" },
    ],
    rows: [...first.map((step) => row(step, words)), ...gap, ...last.map((step) => row(step, words))],
  });
}

function chosenSteps({ steps }: Conversation, limit: StepLimit) {
  const { count } = steps;
  const kept = [...steps.first, ...steps.last];
  if (steps.omitted === 0 && count <= limit.first + limit.last) return { first: kept, last: [], count };
  const first = steps.first.slice(0, limit.first);
  return { first, last: kept.slice(first.length).slice(-limit.last), count };
}

function row(step: Step, words: ExplainWords): string[] {
  const { event, time, side } = step;
  const acknowledged = event.kind === "message" ? (event.acknowledgedBy?.toString() ?? "") : "";
  return [
    packetsOfStep(step),
    sinceStart(time),
    side === "client" ? "→" : "←",
    stepText(step, words),
    acknowledged,
  ];
}

/** Its packet, or `7–9`: the one in which a message began, and that in which it was whole. Others may be between them. */
export const packetsOfStep = ({ packet, event }: Step): string =>
  event.kind === "message" && event.firstPacket !== packet ? `${event.firstPacket}–${packet}` : `${packet}`;

/** What happened, in one line. */
export function stepText({ event }: Step, words: ExplainWords): string {
  switch (event.kind) {
    case "message": {
      const { message, answerTime, answerTo } = event;
      if (answerTime === undefined || answerTo === undefined) return message.text;
      return `${message.text}  (${words.answered(duration(answerTime), answerTo)})`;
    }
    case "syn":
    case "syn-ack":
      return `${words.event(event, "")}${optionsText(event.options)}`;
    case "established":
      return words.event(event, event.roundTrip === undefined ? "" : duration(event.roundTrip));
    case "window-open":
      return words.event(event, duration(event.after));
    default:
      return words.event(event, "");
  }
}

/** In parentheses, by the names of RFC 9293 and its options, in every language; nothing where there are none. */
function optionsText({ maxSegment, windowScale, sackPermitted, timestamps }: TcpOptions): string {
  const options = [
    maxSegment === undefined ? "" : `MSS ${maxSegment}`,
    windowScale === undefined ? "" : `window × ${2 ** windowScale}`,
    sackPermitted ? "SACK" : "",
    timestamps ? "timestamps" : "",
  ].filter((text) => text !== "");
  return options.length === 0 ? "" : ` (${options.join(", ")})`;
}

function sentences(
  conversation: Conversation,
  tcp: TcpConversation | undefined,
  words: ExplainWords,
): string[] {
  const told: string[] = [];
  if (tcp?.handshakeTime !== undefined) told.push(words.handshake(duration(tcp.handshakeTime)));
  else if (tcp !== undefined && !tcp.hasBeginning) told.push(words.noHandshake);
  for (const side of ["client", "server"] as const) {
    const { packets, wireBytes, bytes } = conversation.counts[side];
    if (packets === 0) continue;
    const facts = { packets, wire: formatSize(wireBytes), payload: bytes === 0 ? "" : formatSize(bytes) };
    told.push(words.sums({ side: words.sides[side], ...facts }));
  }
  const { times } = conversation.exchanges;
  if (times.count > 0)
    told.push(
      words.answerTimes(times.count, percentile(times, 0.5), percentile(times, 0.95), largest(times)),
    );
  if (tcp !== undefined) {
    if (tcp.repeatedSightings > 0) told.push(words.repeatedSightings(tcp.repeatedSightings));
    const isUnasked = tcp.hasMadeUpHeaders && tcp.state === "closed" && tcp.closedBy === "server";
    told.push(
      isUnasked
        ? words.serverClosedUnasked
        : words.ends[tcp.state](words.sides[tcp.resetBy ?? tcp.closedBy ?? "client"]),
    );
  }
  if (conversation.publishedWill !== undefined) told.push(words.publishedWill(conversation.publishedWill));
  return told;
}
