import { formatRange, parseRange } from "../../core/address-range.ts";
import type { Ban, Guards } from "../../core/guards.ts";
import type { Logger } from "../../core/log.ts";
import { type Problem, problem } from "../../core/problem.ts";
import type { Settings } from "../config/schema.ts";
import { BanList } from "./ban-list.ts";
import { LoginGuard } from "./login-guard.ts";

/** Bans that are listed among the problems. */
const maxListed = 3;

/** What is counted of the guards, for the metrics. */
export interface GuardNumbers {
  /** By who has banned: file, operator, guard. */
  readonly bans: Readonly<Record<Ban["by"], number>>;
  /** By service. */
  readonly loginFailures: ReadonlyMap<string, number>;
  readonly loginsWaiting: number;
}

/** The guards of the whole process. */
export class ProcessGuards implements Guards {
  readonly bans = new BanList();
  readonly logins: LoginGuard;

  constructor(settings: Pick<Settings, "guard" | "bans">, log: Logger) {
    this.logins = new LoginGuard({ config: settings.guard, bans: this.bans, log });
    this.configure(settings);
  }

  /** Goes over to what the file says now. Bans that others have made stay. */
  configure({ guard, bans }: Pick<Settings, "guard" | "bans">): void {
    this.logins.config = guard;
    const wanted = new Map(bans.map(fileBan).map((ban) => [ban.address, ban]));
    for (const { address, by } of this.bans.list())
      if (by === "file" && !wanted.has(address)) this.bans.remove(address);
    for (const ban of wanted.values()) {
      const known = this.bans.get(ban.address);
      if (known?.by !== "file" || known.reason !== ban.reason) this.bans.add(ban);
    }
  }

  problems(): Problem[] {
    const banned = this.bans.list().filter(({ by }) => by === "guard");
    const listed = banned.slice(-maxListed).map(describe);
    const count = banned.length - listed.length;
    const more =
      count === 0 ? [] : [problem("bans-more", `and ${count} more addresses are banned`, { count })];
    return [...this.logins.problems(), ...listed, ...more];
  }

  numbers(): GuardNumbers {
    const bans = { file: 0, operator: 0, guard: 0 };
    for (const { by } of this.bans.list()) bans[by]++;
    return { bans, loginFailures: this.logins.failures, loginsWaiting: this.logins.waiting };
  }
}

function fileBan(entry: Settings["bans"][number]): Ban {
  const { address, reason } =
    typeof entry === "string" ? { address: entry, reason: "by the configuration" } : entry;
  const range = parseRange(address);
  return {
    address: range === undefined ? address : formatRange(range),
    reason,
    by: "file",
    since: Date.now(),
    until: null,
    disconnects: true,
  };
}

function describe({ address, reason, until }: Ban): Problem {
  const left = until === null ? "for ever" : `${Math.max(1, Math.ceil((until - Date.now()) / 1000))} s`;
  return problem("address-banned", `${address} is banned (${reason}), for another ${left}`, {
    address,
    reason,
    left,
  });
}
