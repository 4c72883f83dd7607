import { describeError } from "../../core/errors.ts";
import { describeFileError } from "../../core/file-error.ts";
import type { Logger } from "../../core/log.ts";
import type { Problem } from "../../core/problem.ts";
import { type AuditFile, openAudit } from "../../observe/audit-file.ts";
import { type Log, openLog } from "../../observe/log.ts";
import type { LogConfig, Settings } from "../config/schema.ts";
import type { ServerIo } from "../io.ts";
import type { CaptureControl } from "../run/capture-control.ts";

/** The files that a start of distsrv writes, from its first line to its last. */
export class WrittenFiles {
  readonly log: Log;
  readonly audit: AuditFile | undefined;
  /** Begins once there are services. */
  capture: CaptureControl | undefined;

  private constructor(log: Log, audit: AuditFile | undefined) {
    this.log = log;
    this.audit = audit;
  }

  /** @returns undefined where one of them cannot be written, which has been said */
  static open(settings: Settings, asText: boolean, io: ServerIo): WrittenFiles | undefined {
    const log = logOrReport(settings.log, asText, io);
    if (log === undefined) return undefined;
    const { file } = settings.audit ?? {};
    const audit = file === undefined ? undefined : auditOrReport(file, io);
    return file !== undefined && audit === undefined ? undefined : new WrittenFiles(log, audit);
  }

  /** Goes on in new ones, where somebody has moved them away. */
  async reopen(own: Logger): Promise<void> {
    const { log, audit, capture } = this;
    const found = [
      await reopen("log", () => log.reopen(), own),
      audit !== undefined && (await reopen("audit", () => audit.reopen().then(() => true), own)),
      capture !== undefined && (await reopen("capture", async () => capture.startFile(), own)),
    ];
    if (!found.includes(true))
      own.info("There is no file to open again: none of log.file, audit and capture is set");
  }

  problems(): Problem[] {
    const { log, audit, capture } = this;
    return [...log.problems(), ...(audit?.problems() ?? []), ...(capture?.problems() ?? [])];
  }

  /** Lines that were lost, by where they should have gone. */
  lostLines(): Readonly<Record<string, number>> {
    return { ...this.log.lost(), ...(this.audit !== undefined && { audit: this.audit.lost() }) };
  }

  async close(): Promise<void> {
    try {
      await this.capture?.close();
    } finally {
      // What the capture says last is in the log.
      await Promise.all([this.log.close(), this.audit?.close()]);
    }
  }
}

/** @param open resolves to false where there is no file. @returns whether there is one */
async function reopen(what: string, open: () => Promise<boolean>, own: Logger): Promise<boolean> {
  try {
    const isOpen = await open();
    if (isOpen) own.info(`Goes on in a new ${what} file`);
    return isOpen;
  } catch (error) {
    own.error(`Cannot open the ${what} file again, so it goes on in the old one: ${describeError(error)}`);
    return true;
  }
}

function logOrReport({ level, file }: LogConfig, asText: boolean, io: ServerIo): Log | undefined {
  const { colour, stdout: output, err } = io;
  const format = asText ? "text" : "json";
  const report = (problem: string) => err(`${problem}\n`);
  try {
    return openLog({ level, file, format, colour, output, report });
  } catch (error) {
    const why = describeFileError(file ?? "", error, io.environment.DISTSRV_STATE_DIR);
    io.err(`Cannot write the log to ${file}: ${why}\n`);
    return undefined;
  }
}

function auditOrReport(path: string, io: ServerIo): AuditFile | undefined {
  try {
    return openAudit(path, (problem) => io.err(`${problem}\n`));
  } catch (error) {
    const why = describeFileError(path, error, io.environment.DISTSRV_STATE_DIR);
    io.err(`Cannot write the audit to ${path}: ${why}\n`);
    return undefined;
  }
}
