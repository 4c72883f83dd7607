import type { Audit, AuditEvent, AuditFields } from "../core/audit.ts";
import { withTimeout } from "../core/deadline.ts";
import type { Problem } from "../core/problem.ts";
import { jsonLine, openLineFile } from "./line-file.ts";
import type { LineWriter } from "./line-writer.ts";

export interface AuditFile {
  /** Records what happens in this service; `distsrv` is the process itself. */
  of(service: string): Audit;
  /** Lines that should be in the file and are not. */
  lost(): number;
  problems(): readonly Problem[];
  /** Goes on in a new file of the same name. @throws when it cannot be opened: then it goes on in the old one */
  reopen(): Promise<void>;
  /** Closes the file, when what waits for it has been written or after a second. */
  close(): Promise<void>;
}

const closeTimeoutMs = 1000;

/** It says who was where, and when: nobody's but the owner's to read. */
const mode = 0o600;

/**
 * Opens the file of the audit, which has a JSON object per line:
 * `{"time":"2026-11-20T23:49:36.120Z","event":"client-connected","service":"mqtt","client":"sensor-1",...}`.
 * @param report gets a sentence when lines cannot be written
 * @throws when the file cannot be opened
 */
export function openAudit(path: string, report: (problem: string) => void): AuditFile {
  let writer = open(path, report);
  let lostBefore = 0;
  return {
    of: (service) => (event, fields) => writer.write(line(event, service, fields)),
    lost: () => lostBefore + writer.lost,
    problems: () => (writer.problem === undefined ? [] : [writer.problem]),
    async reopen() {
      const old = writer;
      writer = open(path, report);
      await withTimeout(old.close(), closeTimeoutMs);
      lostBefore += old.lost;
    },
    close: async () => void (await withTimeout(writer.close(), closeTimeoutMs)),
  };
}

function open(path: string, report: (problem: string) => void): LineWriter {
  const writer = openLineFile(path, mode);
  writer.onFailure = (why) =>
    report(`Cannot write the audit to ${path}: ${why}. Service goes on; lines that are lost are counted`);
  writer.gapLine = (lost, why) => line("lines-lost", "distsrv", { lost, reason: why });
  return writer;
}

const line = (event: AuditEvent | "lines-lost", service: string, fields: AuditFields): string =>
  jsonLine({ time: new Date().toISOString(), event, service, ...fields });
