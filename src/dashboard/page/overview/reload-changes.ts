import type { Reloaded, ReloadOutcome } from "../api/types.ts";
import { texts } from "../text/language.ts";

const words = texts({
  en: {
    changed: (keys: string) => `changed live (${keys})`,
    restarted: "restarted",
    started: "started",
    stopped: "stopped",
    failed: "failed",
    unchanged: "unchanged",
    others: (count: number) => (count === 1 ? "One service is unchanged" : `${count} services are unchanged`),
    settings: (keys: string) => `Settings changed: ${keys}`,
    notApplied: (keys: string) => `Not changed before distsrv is started anew: ${keys}`,
  },
  id: {
    changed: (keys) => `berubah tanpa berhenti (${keys})`,
    restarted: "dimulai ulang",
    started: "dimulai",
    stopped: "dihentikan",
    failed: "gagal",
    unchanged: "tidak berubah",
    others: (count) => `${count} layanan tidak berubah`,
    settings: (keys) => `Pengaturan yang berubah: ${keys}`,
    notApplied: (keys) => `Baru berubah setelah distsrv dimulai lagi: ${keys}`,
  },
});

export interface Change {
  readonly text: string;
  /** It is not as the file wants it. */
  readonly isBad: boolean;
}

/** What a reload has changed, a sentence each, for a person; empty: nothing. */
export function changesOf({ services, changed, notApplied, failed }: Reloaded): Change[] {
  const touched = services.filter(({ outcome }) => outcome !== "unchanged");
  const changes = touched.map((service) => ({
    text: sentence(service),
    isBad: service.outcome === "failed",
  }));
  if (changed.length > 0) changes.push({ text: words.settings(changed.join(", ")), isBad: false });
  for (const { name, reason } of failed) changes.push({ text: `${name}: ${reason}`, isBad: true });
  if (notApplied.length > 0) changes.push({ text: words.notApplied(notApplied.join(", ")), isBad: true });
  const others = services.length - touched.length;
  if (changes.length > 0 && others > 0) changes.push({ text: words.others(others), isBad: false });
  return changes;
}

function sentence({ name, outcome, keys, reason }: Reloaded["services"][number]): string {
  // Reasons are the server's, in its language, as they stand in its log.
  return `${name}: ${outcomeOf(outcome, keys)}${reason === undefined ? "" : `: ${reason}`}`;
}

const outcomeOf = (outcome: ReloadOutcome, keys: readonly string[]): string =>
  outcome === "changed" ? words.changed(keys.join(", ")) : words[outcome];
