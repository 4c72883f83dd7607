import "./browser-buffer.ts";
import { describeError } from "../../core/errors.ts";
import { CaptureAnalysis, type CaptureReport } from "../../protocol/analysis/analysis.ts";
import { labServices } from "../../protocol/analysis/service-ports.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { PayloadLog } from "./payloads.ts";
import { coursesOf, pictureOf } from "./picture.ts";
import { readCaptureFile, UnreadableCapture } from "./read-file.ts";
import { reportHtml } from "./report.ts";
import { SegmentLogs } from "./segments.ts";

// Reads one capture, in a thread of its own, so that the page stays awake. Nothing leaves the browser.

const say = (message: FromWorker): void => postMessage(message);

/** Of the file that was read. */
interface Capture {
  readonly name: string;
  readonly report: CaptureReport;
  readonly segments: SegmentLogs;
  readonly payloads: PayloadLog;
}

let capture: Capture | undefined;

addEventListener("message", ({ data }: MessageEvent<ToWorker>) => {
  if (data.is === "read") void read(data);
  else if (capture !== undefined) answer(data, capture);
});

function answer(asked: Exclude<ToWorker, { is: "read" }>, capture: Capture): void {
  const { name, report } = capture;
  if (asked.is === "courses") say({ is: "courses", courses: coursesOf(report, asked.numbers, capture) });
  else say({ is: "report", html: reportHtml(report, name, asked.language, asked.cover) });
}

async function read({ file, services }: Extract<ToWorker, { is: "read" }>): Promise<void> {
  const segments = new SegmentLogs();
  const payloads = new PayloadLog();
  const analysis = new CaptureAnalysis({
    // The lab's usual ports, and those on which it is configured to listen here.
    services: [...labServices, ...services],
    onData: (conversation, side, bytes, place) => payloads.add(conversation, side, bytes, place),
    onSegment: (tcp, side, header, place) => segments.add(tcp, side, header, place),
  });
  try {
    const report = await readCaptureFile(file, analysis, { onProgress: progressOf(file.size) });
    capture = { name: file.name, report, segments, payloads };
    say({ is: "picture", picture: pictureOf(report) });
  } catch (error) {
    const problem =
      error instanceof UnreadableCapture
        ? error.problem
        : ({ code: "unreadable", reason: describeError(error) } as const);
    say({ is: "failed", problem });
  }
}

/** Says it a hundred times and no more. */
function progressOf(size: number): (read: number) => void {
  let said = 0;
  return (read) => {
    if (read - said < size / 100) return;
    said = read;
    say({ is: "progress", read });
  };
}
