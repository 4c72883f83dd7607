import { CaptureAnalysis, type CaptureReport } from "../../src/protocol/analysis/analysis.ts";
import { labServices } from "../../src/protocol/analysis/service-ports.ts";
import type { Conversation } from "../../src/protocol/conversation/conversation.ts";
import type { Step } from "../../src/protocol/conversation/step.ts";
import { type Packet, pcap } from "./packets.ts";

/** What a capture of these packets says. */
export function analyse(packets: readonly Packet[]): CaptureReport {
  return analyseFile(pcap(packets));
}

export function analyseFile(file: Uint8Array): CaptureReport {
  const analysis = new CaptureAnalysis({ services: labServices });
  if (!analysis.read(file)) return analysis.report();
  return analysis.end();
}

/** `client SYN`, `server message "halo"`: a conversation as lines. */
export function storyOf({ steps }: Pick<Conversation, "steps">): string[] {
  return [...steps.first, ...steps.last].map(({ side, event }: Step) => {
    if (event.kind === "message") return `${side} ${event.message.text}`;
    return "length" in event ? `${side} ${event.kind} ${event.length}` : `${side} ${event.kind}`;
  });
}

/** `retransmission 12,15`: what is odd, with the packets. */
export const odditiesOf = ({ findings }: CaptureReport): string[] =>
  findings.map(({ code, packets }) => `${code} ${packets.join(",")}`.trimEnd());
