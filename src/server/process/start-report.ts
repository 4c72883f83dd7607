import type { Logger } from "../../core/log.ts";
import type { Plan } from "../config/plan.ts";
import type { ServerIo } from "../io.ts";
import { hyperlink, understandsLinks } from "../run/hyperlink.ts";
import { startTable } from "../run/report.ts";
import type { Supervisor } from "../run/supervisor.ts";

export interface Start {
  readonly plan: Plan;
  readonly supervisor: Supervisor;
  readonly own: Logger;
  readonly io: ServerIo;
  /** The dashboard's address, if there is one. */
  readonly dashboard: string | undefined;
  /** A sentence with the token that was made for it. It is printed, and never logged: files and collectors keep a log. */
  readonly token: string | undefined;
  /** Logs what might go wrong later, and who may come in. */
  readonly warn: () => void;
}

/** For people: the dashboard's address stands first and last, where it is found again above and below the table. */
export function printStart({ plan, supervisor, own, dashboard, token, warn, io }: Start): void {
  const { stdout, colour, isTerminal, environment, names } = io;
  const link = dashboard && `Dashboard: ${hyperlink(dashboard, isTerminal && understandsLinks(environment))}`;
  if (link !== undefined) stdout.write(`${link}\n`);
  stdout.write(startTable(plan, supervisor.status(), names, colour));
  warn();
  logReady(plan, own);
  if (token !== undefined) stdout.write(`${token}\n`);
  stdout.write(`${["Ctrl-C stops.", link].filter((part) => part !== undefined).join(" ")}\n`);
}

/** For programs: a log line for each address. */
export function logStart({ plan, supervisor, own, io, dashboard, token, warn }: Start): void {
  warn();
  for (const { name, role, addresses } of supervisor.status()) {
    for (const { transport, host, port } of addresses) {
      own.info("Listening", { name, role, transport, host, port });
    }
  }
  if (dashboard !== undefined) own.info(`Dashboard: ${dashboard}`);
  if (token !== undefined) io.err(`${token}\n`);
  logReady(plan, own);
}

/** The last line of a start, for scripts to wait for. */
function logReady(plan: Plan, own: Logger): void {
  const count = plan.services.length === 1 ? "1 service runs" : `${plan.services.length} services run`;
  own.info(
    `${count} from ${plan.file}; SIGTERM stops, SIGHUP reads it again, SIGUSR2 logs counters and clients`,
  );
}
