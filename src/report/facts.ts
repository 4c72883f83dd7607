import type { Tracked } from "../protocol/analysis/conversations.ts";
import type { Conversation } from "../protocol/conversation/conversation.ts";
import { otherSide, type Side } from "../protocol/conversation/place.ts";
import type { Step, StepEvent } from "../protocol/conversation/step.ts";
import type { TcpConversation } from "../protocol/conversation/tcp-conversation.ts";
import { duration, endpoint } from "./explain/quantities.ts";
import { packetsOfStep } from "./explain/story.ts";
import type { ReportWords } from "./words.ts";

/**
 * A conversation in plain words. Each sentence is made of packets that the capture has, and names them; where they are
 * missing, it says so or says nothing.
 */
export function factsOf({ conversation, tcp }: Tracked, { fact }: ReportWords): string {
  const { number, ends, transport } = conversation;
  const steps = [...conversation.steps.first, ...conversation.steps.last];
  return [
    fact.conversation(number, endpoint(ends.client), endpoint(ends.server), transport.toUpperCase()),
    ...(tcp === undefined
      ? [fact.datagrams(conversation.counts.client.packets, conversation.counts.server.packets)]
      : handshake(steps, conversation, tcp, fact)),
    ...messages(conversation, steps, fact),
    ...(tcp === undefined ? [] : [...acknowledgement(steps, fact), ...end(steps, conversation, tcp, fact)]),
  ].join(" ");
}

type Facts = ReportWords["fact"];

const find = (steps: readonly Step[], kind: StepEvent["kind"], side?: Side): Step | undefined =>
  steps.find((step) => step.event.kind === kind && (side === undefined || step.side === side));

function handshake(
  steps: readonly Step[],
  { first }: Conversation,
  { handshakeTime, hasMadeUpHeaders, state }: TcpConversation,
  fact: Facts,
): string[] {
  const syn = find(steps, "syn");
  const answer = find(steps, "syn-ack");
  const ack = find(steps, "established");
  if (syn !== undefined && answer !== undefined && ack !== undefined && handshakeTime !== undefined)
    return [fact.handshake([syn.packet, answer.packet, ack.packet], duration(handshakeTime))];
  if (hasMadeUpHeaders && syn !== undefined) return [fact.madeUpHandshake(syn.packet)];
  if (syn !== undefined && answer !== undefined) return [fact.answeredSyn(syn.packet, answer.packet)];
  if (syn !== undefined) return state === "asking" ? [fact.syn(syn.packet)] : [];
  return [answer === undefined ? fact.noHandshake(first.packet) : fact.unaskedAnswer(answer.packet)];
}

function messages(conversation: Conversation, steps: readonly Step[], fact: Facts): string[] {
  const { exchanges } = conversation;
  const told: string[] = [];
  // Where steps were left out, the number of messages is not known.
  if (conversation.steps.omitted === 0) {
    for (const side of ["client", "server"] as const) {
      const packets = steps
        .filter((step) => step.side === side && step.event.kind === "message")
        .map(packetsOfStep);
      if (packets.length > 0) told.push(fact.messages(side, packets));
    }
  }
  const [slowest] = exchanges.slowest;
  if (slowest !== undefined)
    told.push(fact.answers(exchanges.times.count, duration(slowest.time), slowest.packet, slowest.to));
  return told;
}

/** What an ACK proves, by the first message whose ACK came by itself. */
function acknowledgement(steps: readonly Step[], fact: Facts): string[] {
  const messagePackets = new Set(
    steps.filter(({ event }) => event.kind === "message").map(({ packet }) => packet),
  );
  for (const { event, packet, side } of steps) {
    if (event.kind !== "message" || event.acknowledgedBy === undefined) continue;
    if (messagePackets.has(event.acknowledgedBy)) continue;
    return [fact.acknowledged(packet, event.acknowledgedBy, otherSide(side))];
  }
  return [];
}

function end(
  steps: readonly Step[],
  { last, publishedWill }: Conversation,
  { state, closedBy, hasMadeUpHeaders }: TcpConversation,
  fact: Facts,
): string[] {
  const told: string[] = [];
  if (state === "asking" || state === "answered") return told;
  const reset = find(steps, "reset");
  if (reset?.event.kind === "reset" && reset.event.isRefusal) return [fact.refused(reset.packet)];
  if (closedBy !== undefined) {
    const first = find(steps, "fin", closedBy);
    const second = find(steps, "fin", otherSide(closedBy));
    if (first !== undefined && second === undefined) told.push(fact.fin(closedBy, first.packet));
    else if (first !== undefined && second !== undefined)
      told.push(
        hasMadeUpHeaders && closedBy === "server"
          ? fact.serverFins(first.packet, second.packet)
          : fact.bothFins(closedBy, first.packet, second.packet),
      );
  }
  if (reset !== undefined) told.push(fact.reset(reset.side, reset.packet));
  if (state === "open" && closedBy === undefined) told.push(fact.open(last.packet));
  if (publishedWill !== undefined) told.push(fact.publishedWill(publishedWill));
  return told;
}
