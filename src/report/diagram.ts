import type { Tracked } from "../protocol/analysis/conversations.ts";
import type { Conversation } from "../protocol/conversation/conversation.ts";
import { otherSide } from "../protocol/conversation/place.ts";
import type { Step, StepEvent } from "../protocol/conversation/step.ts";
import { endpoint } from "./explain/quantities.ts";
import { stepText } from "./explain/story.ts";
import type { ExplainWords } from "./explain/words.ts";
import { printable } from "./printable.ts";

/** A message, a step of TCP's own, or what should not have happened. */
export type ArrowKind = "message" | "connection" | "trouble";

export interface Arrow {
  readonly packet: number;
  /** Nanoseconds since the first packet of the capture. */
  readonly time: number;
  /** Positions of lanes. */
  readonly from: number;
  readonly to: number;
  readonly label: string;
  readonly kind: ArrowKind;
}

/** What conversations with one service said, in the order of time. */
export interface Diagram {
  readonly lanes: readonly string[];
  readonly arrows: readonly Arrow[];
  /** Steps for which there was no room. */
  readonly omitted: number;
}

/** More lanes do not fit on a page, and nobody reads more arrows. */
const maxClients = 5;
const maxArrows = 60;
const maxLabel = 90;

/** Every connection of a client is a lane of its own, because its port tells it apart; the servers stand in the middle. */
export function diagramOf(tracked: readonly Tracked[], words: ExplainWords): Diagram {
  const all = tracked.map(({ conversation }) => conversation);
  const shown = all.slice(0, maxClients);
  const lanes = lanesOf(shown);
  const steps = shown
    .flatMap((conversation) => kept(conversation).map((step) => ({ conversation, step })))
    .sort((one, other) => one.step.packet - other.step.packet);
  const drawn = steps.slice(0, maxArrows);
  const total = all.reduce((sum, conversation) => sum + conversation.steps.count, 0);
  return {
    lanes,
    arrows: drawn.map(({ conversation, step }) => arrow(conversation, step, lanes, words)),
    omitted: total - drawn.length,
  };
}

const kept = ({ steps }: Conversation): Step[] => [...steps.first, ...steps.last];
const serverLane = ({ ends, serviceName }: Conversation): string =>
  printable(`${serviceName} ${endpoint(ends.server)}`);
const clientLane = ({ ends }: Conversation): string => printable(endpoint(ends.client));

function lanesOf(shown: readonly Conversation[]): string[] {
  const clients = [...new Set(shown.map(clientLane))];
  const servers = [...new Set(shown.map(serverLane))];
  const left = Math.ceil(clients.length / 2);
  return [...clients.slice(0, left), ...servers, ...clients.slice(left)];
}

function arrow(conversation: Conversation, step: Step, lanes: readonly string[], words: ExplainWords): Arrow {
  const laneOf = { client: lanes.indexOf(clientLane(conversation)), server: -1 };
  laneOf.server = lanes.indexOf(serverLane(conversation));
  return {
    packet: step.packet,
    time: step.time,
    from: laneOf[step.side],
    to: laneOf[otherSide(step.side)],
    label: shortened(printable(labelOf(step, words))),
    kind: kindOf(step.event),
  };
}

/** The options of a SYN are in the table of packets; here they would only push the lanes apart. */
function labelOf(step: Step, words: ExplainWords): string {
  const { event } = step;
  return event.kind === "syn" || event.kind === "syn-ack" ? words.event(event, "") : stepText(step, words);
}

function kindOf({ kind }: StepEvent): ArrowKind {
  if (kind === "message") return "message";
  return ["syn", "syn-ack", "established", "fin", "keep-alive", "window-open"].includes(kind)
    ? "connection"
    : "trouble";
}

/** By code points, so that no character is cut in two. */
function shortened(text: string): string {
  const characters = [...text];
  return characters.length <= maxLabel ? text : `${characters.slice(0, maxLabel - 1).join("")}…`;
}
