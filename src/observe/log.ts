import { getFileSink } from "@logtape/file";
import {
  configureSync,
  disposeSync,
  getLogger,
  type LogRecord,
  type Sink,
  type LogLevel as TapeLevel,
  type Logger as TapeLogger,
} from "@logtape/logtape";
import type { LogFields, Logger, LogLevel } from "../core/log.ts";
import { printable } from "../protocol/text/printable.ts";

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: "text" | "json";
  /** Also write every line to this file. */
  readonly file?: string | undefined;
  readonly colour: boolean;
  /** Where the lines go; each ends in a line end. */
  readonly write: (line: string) => void;
}

export interface Log {
  /** The logger of a service, or of distsrv itself. */
  logger(name: string): Logger;
  close(): void;
}

/** @throws when the file cannot be opened */
export function openLog(options: LogOptions): Log {
  const format =
    options.format === "json" ? jsonLine : (record: LogRecord) => textLine(record, options.colour);
  const sinks: Record<string, Sink> = { output: (record) => options.write(format(record)) };
  if (options.file !== undefined) {
    const formatter = options.format === "json" ? jsonLine : (record: LogRecord) => textLine(record, false);
    sinks.file = getFileSink(options.file, { formatter, bufferSize: 0 });
  }
  configureSync({
    reset: true,
    sinks,
    loggers: [
      { category: "distsrv", sinks: Object.keys(sinks), lowestLevel: options.level },
      { category: ["logtape", "meta"], sinks: ["output"], lowestLevel: "warning" },
    ],
  });
  return { logger: (name) => loggerOn(getLogger(["distsrv", name])), close: disposeSync };
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
function jsonLine(record: LogRecord): string {
  const { timestamp, level, category, message, properties } = record;
  const time = new Date(timestamp).toISOString();
  const service = category.at(-1);
  const line = JSON.stringify({ ...properties, time, level, service, message: message.join("") });
  return `${line.replace(invisible, escapeCharacter)}\n`;
}

const marks: Readonly<Record<TapeLevel, { word: string; colour: string }>> = {
  trace: { word: "TRC", colour: "\x1b[2m" },
  debug: { word: "DBG", colour: "\x1b[2m" },
  info: { word: "INF", colour: "\x1b[32m" },
  warning: { word: "WRN", colour: "\x1b[33m" },
  error: { word: "ERR", colour: "\x1b[31m" },
  fatal: { word: "FTL", colour: "\x1b[31m" },
};

/** What JSON may hold as it is, and a terminal may not: C1 controls and what reorders or hides text. */
const invisible = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** `23:49:36.120 INF time      127.0.0.1:40112  Received from client: TIME` */
function textLine(record: LogRecord, colour: boolean): string {
  const paint = (code: string, text: string) => (colour ? `${code}${text}\x1b[0m` : text);
  const mark = marks[record.level];
  const clock = paint("\x1b[2m", clockOf(record.timestamp));
  const service = paint("\x1b[36m", (record.category.at(-1) ?? "").padEnd(9));
  const { peer, ...rest } = record.properties;
  const who = peer === undefined ? "" : `${paint("\x1b[2m", printable(String(peer)).padEnd(21))} `;
  const fields = Object.entries(rest).map(([key, value]) => ` ${key}=${value}`);
  // A line is one line, whatever came from the network.
  const text = printable(`${record.message.join("")}${fields.join("")}`, 4000);
  return `${clock} ${paint(mark.colour, mark.word)} ${service} ${who}${text}\n`;
}

function clockOf(timestamp: number): string {
  const moment = new Date(timestamp);
  return `${moment.toTimeString().slice(0, 8)}.${String(moment.getMilliseconds()).padStart(3, "0")}`;
}
