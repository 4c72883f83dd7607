import { describeError } from "../../core/errors.ts";
import type { CaptureAnalysis, CaptureReport } from "../../protocol/analysis/analysis.ts";
import { CaptureError } from "../../protocol/capture/capture-error.ts";
import type { CaptureProblem } from "./messages.ts";

/** Of a file when it is unpacked; what is packed may be a thousand times as large as its file. */
export const maxUnpacked = 4e9;

/** Nothing of the file can be shown. */
export class UnreadableCapture extends Error {
  override readonly name = "UnreadableCapture";
  readonly problem: CaptureProblem;

  constructor(problem: CaptureProblem) {
    super(problem.code);
    this.problem = problem;
  }
}

/** A file as the browser has it. */
export type ReadableFile = Pick<Blob, "size" | "stream" | "slice">;

export interface ReadOptions {
  /** Called with the bytes of the file that have been read. */
  readonly onProgress: (read: number) => void;
  readonly limit?: number;
}

/**
 * Reads a whole capture, piece by piece.
 * @throws {UnreadableCapture} when nothing of it can be shown
 */
export async function readCaptureFile(
  file: ReadableFile,
  analysis: CaptureAnalysis,
  { onProgress, limit = maxUnpacked }: ReadOptions,
): Promise<CaptureReport> {
  if (file.size === 0) throw new UnreadableCapture({ code: "empty" });
  const start = await startOf(file);
  let unpacked = 0;
  try {
    for await (const chunk of unpack(counted(file, onProgress), start)) {
      unpacked += chunk.length;
      if (unpacked > limit) throw new UnreadableCapture({ code: "too-large", limit });
      if (!analysis.read(chunk)) return analysis.report();
    }
    return analysis.end();
  } catch (error) {
    if (error instanceof UnreadableCapture) throw error;
    if (error instanceof CaptureError) throw new UnreadableCapture({ code: "no-capture", start: hex(start) });
    // The disk, or the file's compression: what came before stays, if it is a capture.
    if (unpacked === 0) throw new UnreadableCapture({ code: "unreadable", reason: describeError(error) });
    analysis.noteDamage(describeError(error));
    return analysis.report();
  }
}

async function startOf(file: ReadableFile): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(0, 4).arrayBuffer());
  } catch (error) {
    throw new UnreadableCapture({ code: "unreadable", reason: describeError(error) });
  }
}

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function counted(file: ReadableFile, onProgress: (read: number) => void): ReadableStream<Uint8Array> {
  let read = 0;
  return file.stream().pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, out) {
        read += chunk.length;
        onProgress(read);
        out.enqueue(chunk);
      },
    }),
  );
}

/** By its first bytes: a name may say anything. */
function unpack(bytes: ReadableStream<Uint8Array>, start: Uint8Array): AsyncIterable<Uint8Array> {
  if (start[0] === 0x1f && start[1] === 0x8b) return through(bytes, "gzip");
  return hex(start) === "28b52ffd" ? through(bytes, "zstd") : chunksOf(bytes);
}

/** @throws {UnreadableCapture} where the browser does not know the compression, as most do not know zstd */
function through(bytes: ReadableStream<Uint8Array>, format: "gzip" | "zstd"): AsyncIterable<Uint8Array> {
  let unpacker: ReadableWritablePair<Uint8Array, Uint8Array>;
  try {
    unpacker = new DecompressionStream(format) as typeof unpacker;
  } catch {
    throw new UnreadableCapture({ code: "packed", by: format });
  }
  return chunksOf(bytes.pipeThrough(unpacker));
}

/** With a reader, because not every browser iterates over a stream. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (let turn = await reader.read(); !turn.done; turn = await reader.read()) yield turn.value;
}
