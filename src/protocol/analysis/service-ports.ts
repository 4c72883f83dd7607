import type { NetworkTransport } from "../../core/address.ts";
import { labPorts } from "../../core/ports.ts";
import type { InterfaceService } from "../capture/synthetic/made-up.ts";
import type { NamedService } from "../conversation/conversation.ts";

/** A service and where it listens. */
export interface ListeningService extends NamedService {
  readonly port: number;
  /** How it is spoken to there, where that is known. */
  readonly transport?: NetworkTransport | undefined;
}

/** Services of the lab whose role is not called as they are. */
const roles: Readonly<Record<string, string>> = { "raw-echo": "echo", "file-echo": "echo" };

/** The lab's services on its own ports. */
export const labServices: readonly ListeningService[] = Object.entries(labPorts).map(([name, port]) => ({
  name,
  role: roles[name] ?? name,
  port,
}));

/** Finds a service by its port. A role of UDP has no TCP port, and none of the others has one of UDP. */
export class ServicePorts {
  readonly #services = new Map<string, NamedService>();
  readonly #roles = new Map<string, string>();

  constructor(services: readonly ListeningService[]) {
    for (const { name, role, port } of services) {
      this.#roles.set(name, role);
      this.#services.set(`${role === "udp" ? "udp" : "tcp"}/${port}`, { name, role });
    }
  }

  /**
   * A service that is known by its name, whatever its port. Where its role is not said, it is that of the service of this
   * name, and else of the one on its port.
   */
  named({ name, role }: InterfaceService, onPort: NamedService | undefined): NamedService {
    return { name, role: role ?? this.#roles.get(name) ?? onPort?.role ?? name };
  }

  find(transport: "tcp" | "udp", port: number): NamedService | undefined {
    return this.#services.get(`${transport}/${port}`);
  }
}
