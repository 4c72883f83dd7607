import { describeError } from "../../core/errors.ts";
import { CaptureAnalysis, type CaptureReport } from "../../protocol/analysis/analysis.ts";
import type { ConversationOptions } from "../../protocol/analysis/conversations.ts";
import { CaptureError } from "../../protocol/capture/capture-error.ts";
import type { CommandContext } from "../program/command-context.ts";
import { UsageError } from "../program/errors.ts";
import { openCapture } from "./capture-file.ts";

/** Reads a whole capture. Of a damaged one, what comes before the damage is told, and that it is damaged. */
export async function readCapture(
  context: CommandContext,
  path: string,
  options: ConversationOptions,
): Promise<CaptureReport> {
  const analysis = new CaptureAnalysis(options);
  const chunks = await openCapture(path, context.io.stdin);
  try {
    return await readAll(chunks, analysis, context.signal);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    throw new UsageError(`Cannot explain ${path === "-" ? "the standard input" : path}: ${error.message}`);
  }
}

async function readAll(
  chunks: AsyncIterable<Uint8Array>,
  analysis: CaptureAnalysis,
  signal: AbortSignal,
): Promise<CaptureReport> {
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      if (!analysis.read(chunk)) return analysis.report();
    }
  } catch (error) {
    if (error instanceof CaptureError || signal.aborted) throw error;
    // The disk, or the file's compression: what came before stays.
    analysis.noteDamage(describeError(error));
    return analysis.report();
  }
  return analysis.end();
}
