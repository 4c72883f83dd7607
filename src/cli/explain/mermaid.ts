import type { CaptureReport } from "../../protocol/analysis/analysis.ts";
import type { Conversation } from "../../protocol/conversation/conversation.ts";
import type { Step } from "../../protocol/conversation/step.ts";
import { endpoint } from "../../report/explain/quantities.ts";
import { stepText } from "../../report/explain/story.ts";
import type { ExplainWords } from "../../report/explain/words.ts";

/** Mermaid draws no more, and nobody reads more. */
const maxArrows = 200;
const maxLabel = 100;

/** A sequence diagram of the conversations, in the order of time. */
export function asMermaid(report: CaptureReport, words: ExplainWords, chosen: readonly number[]): string {
  const shown = report.conversations
    .map(({ conversation }) => conversation)
    .filter(({ number }) => chosen.length === 0 || chosen.includes(number));
  const all = shown
    .flatMap((conversation) =>
      [...conversation.steps.first, ...conversation.steps.last].map((step) => ({ conversation, step })),
    )
    .sort((one, other) => one.step.packet - other.step.packet);
  const drawn = all.slice(0, maxArrows);
  const names = new Map<string, string>();
  for (const { conversation } of drawn) participants(conversation, names);
  const omitted = all.length - drawn.length + shown.reduce((sum, { steps }) => sum + steps.omitted, 0);
  const first = names.values().next().value;
  return [
    "sequenceDiagram",
    ...[...names].map(([label, id]) => `  participant ${id} as ${label}`),
    ...drawn.map(({ conversation, step }) => arrow(conversation, step, names, words)),
    ...(omitted > 0 && first !== undefined ? [`  Note over ${first}: ${words.mermaidOmitted(omitted)}`] : []),
  ].join("\n");
}

const serverLabel = ({ ends, serviceName }: Conversation): string =>
  safe(`${serviceName} ${endpoint(ends.server)}`);

/** A client's every connection is a line of life of its own: its ports tell them apart. */
function participants(conversation: Conversation, names: Map<string, string>): void {
  for (const label of [safe(endpoint(conversation.ends.client)), serverLabel(conversation)])
    if (!names.has(label)) names.set(label, `p${names.size + 1}`);
}

function arrow(
  conversation: Conversation,
  step: Step,
  names: ReadonlyMap<string, string>,
  words: ExplainWords,
): string {
  const client = names.get(safe(endpoint(conversation.ends.client)))!;
  const server = names.get(serverLabel(conversation))!;
  const [from, to] = step.side === "client" ? [client, server] : [server, client];
  // Messages are whole lines, what is TCP's own is dotted.
  const line = step.event.kind === "message" ? "->>" : "-->>";
  return `  ${from}${line}${to}: ${safe(`${step.packet}. ${stepText(step, words)}`)}`;
}

/** Mermaid ends a line at a semicolon, begins a comment with %%, and reads # as an entity and < as HTML. */
function safe(text: string): string {
  const short = text.length > maxLabel ? `${text.slice(0, maxLabel)}…` : text;
  return short
    .toWellFormed()
    .replace(/[#;<>%"]/g, (character) => `#${character.charCodeAt(0)};`)
    .replace(/[\r\n]+/g, " ");
}
