import { at, type Reading } from "./load.ts";
import type { PlannedService } from "./plan.ts";

/** What the services need of this machine and do not find, such as a certificate; told before anything starts. */
export function checkNeeds(reading: Reading, services: readonly PlannedService[]): void {
  for (const { name, role, config } of services) {
    for (const { path, message } of role.unmet?.(config) ?? []) {
      const full = ["services", name, ...path];
      reading.mistakes.push({ path: full.join("."), message, ...at(reading.document, full) });
    }
  }
}
