import type { Asker, Audit } from "../../core/audit.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { ConfigError } from "../config/diagnostic.ts";
import { describeReload, isApplied, type Reloader, type ReloadReport } from "../run/reloader.ts";

/** Whoever asks gets the report; the log has it in any case. */
export async function reloadAndLog(
  reloader: Reloader,
  own: Logger,
  audit: Audit | undefined,
  asker: Asker,
): Promise<ReloadReport> {
  try {
    const report = await reloader.reload();
    const changes = report.services.filter(({ outcome }) => outcome !== "unchanged");
    const lines = describeReload({ ...report, services: changes });
    const text = lines.length === 0 ? "nothing has changed" : lines.join("; ");
    if (isApplied(report)) own.info(`Read the settings again: ${text}`);
    else own.error(`Read the settings again, and not all could be applied: ${text}`);
    audit?.("reloaded", { changes: text, ...asker });
    return report;
  } catch (error) {
    const why = error instanceof ConfigError ? error.report() : describeError(error);
    own.error(`The settings are as they were: ${why}`);
    audit?.("reload-failed", { ...asker });
    throw error;
  }
}
