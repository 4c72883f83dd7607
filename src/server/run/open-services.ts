import { isLoopback } from "../../core/address.ts";
import type { Logger } from "../../core/log.ts";
import type { Plan, PlannedService } from "../config/plan.ts";

/** Says in one line which services other machines may use without saying who they are: right in a class, wrong elsewhere. */
export function sayWhatIsOpen(plan: Plan, log: Logger): void {
  const open = plan.services.filter((service) => isReachable(service) && !knowsItsClients(service));
  if (open.length === 0) return;
  const names = open.map(({ name }) => name).join(", ");
  log.info(
    `Open to every machine that reaches this one, without a name or a password: ${names}. That is right for a class; elsewhere listen on 127.0.0.1 (host), or ask for names (users, tls)`,
  );
}

function isReachable({ role, config }: PlannedService): boolean {
  const claims = role.ports?.(config) ?? [];
  const hosts = claims.length > 0 ? claims.map(({ host }) => host) : [Object(config).host];
  return hosts.some((host) => typeof host === "string" && !isLoopback(host));
}

const knowsItsClients = ({ role, config }: PlannedService): boolean =>
  role.knowsItsClients?.(config) ?? Object(Object(config).tls).requireClientCert === true;
