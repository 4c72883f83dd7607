import type { TlsSetting } from "../../core/tls-setting.ts";
import type { Plan } from "../config/plan.ts";
import type { AdminConfig, Settings } from "../config/schema.ts";
import type { ServiceChange } from "./service-change.ts";
import type { Supervisor } from "./supervisor.ts";

/** What a change of the file has led to. */
export interface ReloadReport {
  readonly services: readonly ServiceChange[];
  /** Settings of the whole that are other ones now. */
  readonly changed: readonly string[];
  /** Settings of the whole that only a start of distsrv itself applies. */
  readonly notApplied: readonly string[];
  /** Settings of the whole that could not be applied, which the next reload tries again. */
  readonly failed: readonly FailedSetting[];
}

export interface FailedSetting {
  readonly name: string;
  readonly reason: string;
}

export interface ReloaderOptions {
  /** Reads and checks the file again. @throws {ConfigError} with every mistake in it: then nothing is changed */
  readonly read: () => Plan;
  readonly supervisor: Supervisor;
  /** Applies what concerns the log. */
  readonly setLog: (log: Settings["log"]) => void;
  /** Applies what is captured. @returns why it cannot: then it is as it was */
  readonly setCapture: (capture: Settings["capture"]) => string | undefined;
  /** Applies who is kept out. */
  readonly setGuards: (settings: Settings) => void;
  /** Has the admin service take other users. @returns false when there is no admin service */
  readonly setUsers: (users: AdminConfig["users"]) => boolean;
  /** Watches the file and those that it names from now on, or no more. */
  readonly setWatch: (plan: Plan) => void;
  /** Has the admin service read its certificates again. @returns whether anything is different */
  readonly renewTls: (tls: TlsSetting) => Promise<boolean>;
}

/** Settings that change while distsrv runs. */
const live: ReadonlySet<string> = new Set([
  "grace",
  "log.level",
  "log.messages",
  "host",
  "watch",
  "guard.failures",
  "guard.within",
  "guard.banFor",
  "guard.ignore",
  "bans",
]);

const isOfCapture = (name: string): boolean => name === "capture" || name.startsWith("capture.");

/** Goes over to what the file says now. One change at a time. */
export class Reloader {
  readonly #options: ReloaderOptions;
  /** The settings of the whole as the file had them last: a token that was made is not among them. */
  #settings: Settings;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions, settings: Settings) {
    this.#options = options;
    this.#settings = settings;
  }

  /** @throws {ConfigError} for a mistake in the file, {ControlError} while everything stops: nothing is changed */
  reload(): Promise<ReloadReport> {
    const result = this.#queue.then(() => this.#reload());
    this.#queue = result.catch(() => {});
    return result;
  }

  async #reload(): Promise<ReloadReport> {
    const { read, supervisor, setLog, setGuards, setWatch } = this.#options;
    const file = read();
    const names = changedSettings(this.#settings, file.settings);
    this.#settings = file.settings;
    // The admin service runs on as it is, but for its users and certificates.
    const { admin } = supervisor.plan.settings;
    const isTlsNew = await this.#renewTls(admin, file.settings.admin);
    const areUsersNew = names.includes("admin.users") && this.#setUsers(admin, file.settings.admin);
    const reason = this.#options.setCapture(file.settings.capture);
    const failed = reason === undefined ? [] : [{ name: "capture", reason }];
    const isLive = (name: string) =>
      live.has(name) || (isTlsNew && name === "admin.tls") || (areUsersNew && name === "admin.users");
    if (isTlsNew && !names.includes("admin.tls")) names.push("admin.tls");
    const next = { ...file, settings: { ...file.settings, admin } };
    const services = await supervisor.apply(next);
    setLog(file.settings.log);
    setGuards(file.settings);
    setWatch(file);
    return {
      services,
      changed: names.filter((name) => isLive(name) || (isOfCapture(name) && reason === undefined)),
      notApplied: names.filter((name) => !isLive(name) && !isOfCapture(name)),
      failed,
    };
  }

  #setUsers(running: Settings["admin"], next: Settings["admin"]): boolean {
    return running !== false && next !== false && this.#options.setUsers(next.users);
  }

  /** Whether TLS is spoken at all is decided at the start. */
  async #renewTls(running: Settings["admin"], next: Settings["admin"]): Promise<boolean> {
    if (running === false || next === false || running.tls === undefined || next.tls === undefined)
      return false;
    return await this.#options.renewTls(next.tls);
  }
}

/** By their names in the file, those of a map one by one. */
function changedSettings(before: Settings, after: Settings): string[] {
  return (Object.keys({ ...before, ...after }) as (keyof Settings)[]).flatMap((name) => {
    const [old, next] = [before[name], after[name]];
    if (Bun.deepEquals(old, next)) return [];
    const isMap = typeof old === "object" && typeof next === "object" && !Array.isArray(old);
    if (!isMap) return [name];
    const inside = [...new Set([...Object.keys(old), ...Object.keys(next)])];
    const differs = (key: string) => !Bun.deepEquals(Object(old)[key], Object(next)[key]);
    return inside.filter(differs).map((key) => `${name}.${key}`);
  });
}

/** Whether everything that the file asks for is so now. */
export const isApplied = ({ services, notApplied, failed }: ReloadReport): boolean =>
  notApplied.length === 0 && failed.length === 0 && services.every(({ outcome }) => outcome !== "failed");

/** A line for each service, and for what does not concern one. */
export function describeReload({ services, changed, notApplied, failed }: ReloadReport): string[] {
  return [
    ...services.map(describeChange),
    ...(changed.length > 0 ? [`settings changed: ${changed.join(", ")}`] : []),
    ...(notApplied.length > 0
      ? [`not changed before distsrv is started anew: ${notApplied.join(", ")}`]
      : []),
    ...failed.map(({ name, reason }) => `${name}: failed: ${reason}`),
  ];
}

function describeChange({ name, outcome, keys, reason }: ServiceChange): string {
  const what = outcome === "changed" ? "changed live" : outcome;
  const of = keys.length > 0 && outcome !== "restarted" ? ` (${keys.join(", ")})` : "";
  return `${name}: ${what}${of}${reason === undefined ? "" : `: ${reason}`}`;
}
