import { type Address, formatAddress } from "../../core/address.ts";
import type { Role, RoleContext, RunningService } from "../../core/role.ts";
import { Broker } from "./broker.ts";
import { systemClock } from "./clock.ts";
import { type MqttConfig, mqttConfig } from "./config.ts";
import { openListeners, portsOf, unmetNeeds } from "./listeners.ts";
import { startPublishers } from "./publishers.ts";
import { openAccess } from "./seams/access.ts";

/** A broker for MQTT 3.1, 3.1.1 and 5.0. */
export const mqtt: Role<MqttConfig> = {
  name: "mqtt",
  summary: "MQTT broker: 3.1, 3.1.1 and 5.0, with built-in publishers",
  config: mqttConfig,
  example: (config, addresses) => {
    const topic = config.publish[0]?.topic.split("/")[0];
    return `distcli mqtt sub ${brokerArgument(addresses[0] ?? config)} -t '${topic === undefined ? "#" : `${topic}/#`}'`;
  },
  ports: portsOf,
  unmet: unmetNeeds,
  start,
};

/** How distcli is told where the broker is. */
function brokerArgument(address: Pick<Address, "host" | "port" | "transport">): string {
  const { host, port, transport } = address;
  if (transport === "tcp") return `${host}${port === 1883 ? "" : ` -p ${port}`}`;
  return `${transport === "tls" ? "mqtts" : transport}://${formatAddress(address)}`;
}

async function start(context: RoleContext, config: MqttConfig): Promise<RunningService<MqttConfig>> {
  const { log, traffic } = context;
  const broker = new Broker(config, { log, traffic, clock: systemClock, access: openAccess });
  const listeners = await openListeners(context, config, broker).catch((error: unknown) => {
    broker.stop();
    throw error;
  });
  let stopPublishers = startPublishers(broker, config.publish);
  return {
    addresses: listeners.addresses,
    stats: () => ({ ...listeners.stats(), ...broker.stats() }),
    clients: () => listeners.clients(),
    reload: async (next) => {
      if (!broker.reload(next)) return false;
      stopPublishers();
      stopPublishers = startPublishers(broker, next.publish);
      return true;
    },
    stop: async (deadline) => {
      stopPublishers();
      // First nobody new, and WebSockets know that the server goes away; then the broker says goodbye.
      const drained = listeners.stop(deadline);
      broker.stop();
      await drained;
    },
  };
}
