import {
  configureSync,
  disposeSync,
  getLogger,
  type LogRecord,
  type Sink,
  type LogLevel as TapeLevel,
  type Logger as TapeLogger,
} from "@logtape/logtape";
import { withTimeout } from "../core/deadline.ts";
import type { LogFields, Logger, LogLevel } from "../core/log.ts";
import type { Problem } from "../core/problem.ts";
import { secondClock } from "../protocol/text/clock.ts";
import { printable } from "../protocol/text/printable.ts";
import { jsonLine, openLineFile } from "./line-file.ts";
import type { LineWriter } from "./line-writer.ts";

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Also write every line to this file. */
  readonly file?: string | undefined;
  readonly colour: boolean;
  /** Standard output, which the lines go to. */
  readonly output: LineWriter;
  /** Called with a sentence when lines cannot be written: the log cannot say so itself. */
  readonly report: (problem: string) => void;
}

export interface Log {
  /** The logger of a service, or of distsrv itself. */
  logger(name: string): Logger;
  /** What is wrong with the log itself just now: one for each place that it cannot be written to. */
  problems(): readonly Problem[];
  /** From now on lines below this level are left out. */
  setLevel(level: LogLevel): void;
  /**
   * Goes on in a new file of the same name: who rotates logs has moved the old one.
   * @returns false when there is no file
   * @throws when it cannot be opened
   */
  reopen(): Promise<boolean>;
  /** Lines lost since the start, by the name of the place that they should have gone to. */
  lost(): Readonly<Record<"output" | "file", number>>;
  /** Closes the file, when what waits for it has been written or after a second. The output is the caller's. */
  close(): Promise<void>;
}

/** @throws when the file cannot be opened */
export function openLog({ level, format, file, colour, output, report }: LogOptions): Log {
  const [forOutput, forFile] =
    format === "json" ? [recordLine, recordLine] : [textLines(colour), textLines(false)];
  const sinks: Record<string, Sink> = { output: sinkTo(output, forOutput, report) };
  let fileWriter: LineWriter | undefined;
  /** Lines that files before this one have lost. */
  let lostBefore = 0;
  const open = () => {
    if (file === undefined) return;
    fileWriter = openLineFile(file, 0o666);
    sinks.file = sinkTo(fileWriter, forFile, report);
  };
  const configure = (lowest: LogLevel) =>
    configureSync({
      reset: true,
      sinks,
      loggers: [
        { category: "distsrv", sinks: Object.keys(sinks), lowestLevel: lowest },
        { category: ["logtape", "meta"], sinks: ["output"], lowestLevel: "warning" },
      ],
    });
  let current = level;
  open();
  configure(current);
  return {
    logger: (name) => loggerOn(getLogger(["distsrv", name])),
    problems: () => [output, fileWriter].flatMap((writer) => writer?.problem ?? []),
    lost: () => ({ output: output.lost, file: lostBefore + (fileWriter?.lost ?? 0) }),
    setLevel(next) {
      current = next;
      configure(current);
    },
    async reopen() {
      const old = fileWriter;
      open();
      configure(current);
      if (old === undefined) return false;
      await withTimeout(old.close(), closeTimeoutMs);
      lostBefore += old.lost;
      return true;
    },
    async close() {
      disposeSync();
      if (fileWriter !== undefined) await withTimeout(fileWriter.close(), closeTimeoutMs);
    },
  };
}

const closeTimeoutMs = 1000;

type Formatter = (record: LogRecord) => string;

function sinkTo(writer: LineWriter, format: Formatter, report: (problem: string) => void): Sink {
  writer.onFailure = (why) =>
    report(
      `Cannot write the log to ${writer.name}: ${why}. Service goes on; lines that are lost are counted`,
    );
  writer.gapLine = (lost, why) => format(gapRecord(lost, why));
  return (record) => writer.write(format(record));
}

/** A record that stands where lines are missing. */
function gapRecord(lost: number, why: string): LogRecord {
  const message = `${lost} lines of the log were lost here: ${why}`;
  return {
    category: ["distsrv", "distsrv"],
    level: "warning",
    timestamp: Date.now(),
    message: [message],
    rawMessage: message,
    properties: { lost },
  };
}

function loggerOn(tape: TapeLogger): Logger {
  // LogTape fills {placeholders} of a message in; ours are finished text that may hold braces from the network.
  const at =
    (level: TapeLevel) =>
    (message: string, properties: LogFields = {}) => {
      if (!tape.isEnabledFor(level)) return;
      tape.emit({ level, timestamp: Date.now(), message: [message], rawMessage: message, properties });
    };
  return { debug: at("debug"), info: at("info"), warning: at("warning"), error: at("error") };
}

/** `{"time":"2026-11-20T23:49:36.120Z","level":"info","service":"time","message":"...","peer":"..."}` */
function recordLine(record: LogRecord): string {
  const { timestamp, level, category, message, properties } = record;
  const time = new Date(timestamp).toISOString();
  const service = category.at(-1);
  return jsonLine({ ...properties, time, level, service, message: message.join("") });
}

const marks: Readonly<Record<TapeLevel, { word: string; colour: string }>> = {
  trace: { word: "TRC", colour: "\x1b[2m" },
  debug: { word: "DBG", colour: "\x1b[2m" },
  info: { word: "INF", colour: "\x1b[32m" },
  warning: { word: "WRN", colour: "\x1b[33m" },
  error: { word: "ERR", colour: "\x1b[31m" },
  fatal: { word: "FTL", colour: "\x1b[31m" },
};

/** `23:49:36.120 INF time      127.0.0.1:40112  Received from client: TIME`, in local time. */
function textLines(colour: boolean): (record: LogRecord) => string {
  const timeOfDay = secondClock("%H:%M:%S", "local");
  return (record) => {
    const milliseconds = String(record.timestamp % 1000).padStart(3, "0");
    return textLine(record, `${timeOfDay(record.timestamp)}.${milliseconds}`, colour);
  };
}

function textLine(record: LogRecord, time: string, colour: boolean): string {
  const paint = (code: string, text: string) => (colour ? `${code}${text}\x1b[0m` : text);
  const mark = marks[record.level];
  const clock = paint("\x1b[2m", time);
  const service = paint("\x1b[36m", (record.category.at(-1) ?? "").padEnd(9));
  const { peer, ...rest } = record.properties;
  const who = peer === undefined ? "" : `${paint("\x1b[2m", printable(String(peer)).padEnd(21))} `;
  const fields = Object.entries(rest).map(([key, value]) => ` ${key}=${value}`);
  // A line is one line, whatever came from the network.
  const text = printable(`${record.message.join("")}${fields.join("")}`, 4000);
  return `${clock} ${paint(mark.colour, mark.word)} ${service} ${who}${text}\n`;
}
