import { styleText } from "node:util";
import type { CliIo, Sink } from "./io.ts";

type Paint = (text: string) => string;

/** Colours for one sink. Where the sink shows no colours, each returns its text unchanged. */
export interface Style {
  readonly good: Paint;
  readonly bad: Paint;
  readonly warn: Paint;
  readonly strong: Paint;
  readonly faint: Paint;
}

const plain: Paint = (text) => text;

const painted = (format: Parameters<typeof styleText>[0]): Paint => {
  return (text) => styleText(format, text, { validateStream: false });
};

/** Colours only on a terminal, and not with NO_COLOR (https://no-color.org). */
export function styleFor(sink: Sink, env: CliIo["env"]): Style {
  const colours = sink.isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  if (!colours) return { good: plain, bad: plain, warn: plain, strong: plain, faint: plain };
  return {
    good: painted("green"),
    bad: painted("red"),
    warn: painted("yellow"),
    strong: painted("bold"),
    faint: painted("dim"),
  };
}
