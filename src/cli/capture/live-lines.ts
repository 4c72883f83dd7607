import { formatHostPort } from "../../core/address.ts";
import type { AnalysisOptions } from "../../protocol/analysis/analysis.ts";
import { otherSide } from "../../protocol/conversation/place.ts";
import { sinceStart } from "../../report/explain/quantities.ts";
import { stepText } from "../../report/explain/story.ts";
import type { ExplainWords } from "../../report/explain/words.ts";
import { stepObject } from "../explain/json-report.ts";
import type { CommandContext } from "../program/command-context.ts";

/** A line for each thing that happens, when it happens. */
export function liveLines(
  context: CommandContext,
  words: ExplainWords,
): Pick<AnalysisOptions, "onStep" | "onEvent"> {
  const { faint, strong } = context.style;
  return {
    onStep: (conversation, step) => {
      const sender = conversation.ends[step.side];
      const receiver = conversation.ends[otherSide(step.side)];
      const from = formatHostPort(sender.address, sender.port);
      const to = formatHostPort(receiver.address, receiver.port);
      const text = stepText(step, words);
      const shown = step.event.kind === "message" ? strong(text) : text;
      context.result(
        `${faint(`${step.packet}  ${sinceStart(step.time)}`)}  ${from} → ${to}  ${conversation.serviceName}  ${shown}`,
        {
          conversation: conversation.number,
          service: conversation.serviceName,
          from,
          to,
          ...stepObject(step),
        },
      );
    },
    onEvent: ({ packet, time, protocol, source, text }) =>
      context.result(`${faint(`${packet}  ${sinceStart(time)}`)}  ${source}  ${protocol}: ${text}`, {
        kind: "network",
        packet,
        timeMs: Number((time / 1e6).toFixed(3)),
        protocol,
        source,
        text,
      }),
  };
}
