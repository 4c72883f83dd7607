import type { CommandContext } from "../program/command-context.ts";
import { formatRate, formatSize } from "./units.ts";

export interface Progress {
  /** So much is done by now. */
  at(bytes: number): void;
  /** Takes the line away again. */
  clear(): void;
}

const noProgress: Progress = { at: () => {}, clear: () => {} };
const barWidth = 30;
/** Milliseconds between two drawings: often enough to look alive. */
const redrawEvery = 80;

/**
 * A line on stderr that is drawn over itself; nothing where stderr is no terminal. (The progress bar of
 * @clack/prompts takes stdin over and ends the process by itself on Ctrl-C, so it is not used here.)
 */
export function progressLine(context: CommandContext, name: string, total: number): Progress {
  const { stderr } = context.io;
  if (!stderr.isTerminal || context.quiet || context.json) return noProgress;
  const start = performance.now();
  let drawn = Number.NEGATIVE_INFINITY;
  const draw = (bytes: number, now: number) => {
    const share = total === 0 ? 1 : bytes / total;
    const full = Math.round(share * barWidth);
    const bar =
      context.noteStyle.good("━".repeat(full)) + context.noteStyle.faint("─".repeat(barWidth - full));
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    const rate = formatRate(bytes, now - start);
    stderr.write(`\r\x1b[K${name}  ${bar} ${percent}  ${formatSize(bytes)} of ${formatSize(total)}  ${rate}`);
  };
  return {
    at: (bytes) => {
      const now = performance.now();
      if (now - drawn < redrawEvery) return;
      drawn = now;
      draw(bytes, now);
    },
    clear: () => stderr.write("\r\x1b[K"),
  };
}
