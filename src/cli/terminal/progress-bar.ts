import { formatRate, formatSize } from "../../protocol/text/units.ts";
import type { Sink } from "./io.ts";
import type { Style } from "./style.ts";

export interface ProgressBar {
  /** Draws `bytes` as the amount done so far. */
  update(bytes: number): void;
  /** Removes the bar from the terminal. */
  clear(): void;
}

export const noProgressBar: ProgressBar = { update: () => {}, clear: () => {} };

const barWidth = 30;
/** Milliseconds between two drawings: often enough to look alive. */
const redrawEvery = 80;

/**
 * A progress bar on one line of a terminal, drawn over itself. (The one of @clack/prompts takes stdin over and ends
 * the process by itself on Ctrl-C, so it is not used here.)
 */
export function progressBar(terminal: Sink, style: Style, name: string, total: number): ProgressBar {
  const start = performance.now();
  let drawn = Number.NEGATIVE_INFINITY;
  const draw = (bytes: number, now: number) => {
    const share = total === 0 ? 1 : bytes / total;
    const full = Math.round(share * barWidth);
    const bar = style.good("━".repeat(full)) + style.faint("─".repeat(barWidth - full));
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    const rate = formatRate(bytes, now - start);
    terminal.write(
      `\r\x1b[K${name}  ${bar} ${percent}  ${formatSize(bytes)} of ${formatSize(total)}  ${rate}`,
    );
  };
  return {
    update: (bytes) => {
      const now = performance.now();
      if (now - drawn < redrawEvery) return;
      drawn = now;
      draw(bytes, now);
    },
    clear: () => terminal.write("\r\x1b[K"),
  };
}
