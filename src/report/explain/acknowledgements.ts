import type { Tracked } from "../../protocol/analysis/conversations.ts";
import type { Conversation } from "../../protocol/conversation/conversation.ts";
import { otherSide } from "../../protocol/conversation/place.ts";
import type { Step, StepEvent } from "../../protocol/conversation/step.ts";
import { type Block, heading, list, paragraph } from "./block.ts";
import type { ExplainWords } from "./words.ts";

type MessageStep = Step & { readonly event: StepEvent & { kind: "message" } };

/** What TCP's ACK says and what MQTT's own packets say, by one example each from this capture. */
export function acknowledgementsOf(tracked: readonly Tracked[], words: ExplainWords): Block[] {
  const examples = [atMostOnce, atLeastOnce, exactlyOnce].map((find) => firstExample(tracked, words, find));
  const items = examples.filter((text) => text !== undefined);
  if (items.length === 0) return [];
  return [heading(2, words.headings.acknowledgements), paragraph(words.acknowledgement.general), list(items)];
}

type Example = (messages: readonly MessageStep[], words: ExplainWords) => string | undefined;

function firstExample(tracked: readonly Tracked[], words: ExplainWords, find: Example): string | undefined {
  for (const { conversation, tcp } of tracked) {
    if (conversation.protocol !== "MQTT" || tcp?.hasMadeUpHeaders === true) continue;
    const found = find(messagesOf(conversation), words);
    if (found !== undefined) return found;
  }
  return undefined;
}

const messagesOf = ({ steps }: Conversation): MessageStep[] =>
  [...steps.first, ...steps.last].filter((step): step is MessageStep => step.event.kind === "message");

const isPublish = ({ event }: MessageStep, qos: number): boolean => {
  const { fields } = event.message;
  return fields.packet === "PUBLISH" && fields.qos === qos;
};

function atMostOnce(messages: readonly MessageStep[], { acknowledgement, sides }: ExplainWords) {
  const found = messages.find((step) => isPublish(step, 0));
  if (found === undefined) return undefined;
  const { acknowledgedBy } = found.event;
  return acknowledgedBy === undefined
    ? acknowledgement.atMostOnceUnacknowledged(found.packet)
    : acknowledgement.atMostOnce(found.packet, acknowledgedBy, sides[otherSide(found.side)]);
}

function atLeastOnce(messages: readonly MessageStep[], { acknowledgement, sides }: ExplainWords) {
  for (const answer of messages) {
    const { message, answerTo } = answer.event;
    if (message.fields.packet !== "PUBACK" || answerTo === undefined) continue;
    const publish = messages.find((step) => step.packet === answerTo && isPublish(step, 1));
    if (publish === undefined) continue;
    const { acknowledgedBy } = publish.event;
    // Where TCP's ACK came with the PUBACK itself there is only one packet to name.
    const tcp = acknowledgedBy === answer.packet ? undefined : acknowledgedBy;
    return acknowledgement.atLeastOnce(publish.packet, tcp, answer.packet, sides[answer.side]);
  }
  return undefined;
}

function exactlyOnce(messages: readonly MessageStep[], { acknowledgement, sides }: ExplainWords) {
  const publish = messages.find((step) => isPublish(step, 2));
  const pubrec = publish && answerOf(messages, publish, "PUBREC");
  if (publish === undefined || pubrec === undefined) return undefined;
  const pubrel = answerOf(messages, pubrec, "PUBREL");
  const pubcomp = pubrel && answerOf(messages, pubrel, "PUBCOMP");
  const release = pubcomp && ([pubrel.packet, pubcomp.packet] as const);
  return acknowledgement.exactlyOnce(publish.packet, pubrec.packet, release, sides[pubrec.side]);
}

const answerOf = (
  messages: readonly MessageStep[],
  to: MessageStep,
  packet: string,
): MessageStep | undefined =>
  messages.find(
    ({ event, side }) =>
      event.answerTo === to.packet && event.message.fields.packet === packet && side !== to.side,
  );
