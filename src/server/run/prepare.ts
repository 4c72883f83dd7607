import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { ConfigError } from "../config/diagnostic.ts";
import type { Plan } from "../config/plan.ts";

/**
 * The plan once its services have made what they lack to run it.
 * @param logger of a service
 * @throws {ConfigError} when one cannot make it
 */
export function prepared(plan: Plan, logger: (service: string) => Logger): Plan {
  const services = plan.services.map((service) => {
    const { name, role, config } = service;
    try {
      return { ...service, config: role.prepare?.(config, logger(name)) ?? config };
    } catch (error) {
      throw new ConfigError(plan.file, "", [{ path: `services.${name}`, message: describeError(error) }]);
    }
  });
  return { ...plan, services };
}
