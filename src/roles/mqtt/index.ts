import { type Address, formatAddress } from "../../core/address.ts";
import type { Role, RoleContext, RunningService } from "../../core/role.ts";
import { Broker } from "./broker/broker.ts";
import { startPublishers } from "./broker/built-in-publishers.ts";
import { type MqttConfig, mqttConfig } from "./config.ts";
import { openInsight } from "./insight/insight.ts";
import { type Listeners, openListeners, portsOf, resolveFiles, unmetNeeds } from "./listeners.ts";
import { noBus } from "./ports/bus.ts";
import { systemClock } from "./ports/clock.ts";
import { memoryStore } from "./ports/store.ts";
import { disconnectDisallowed } from "./users/disconnect-disallowed.ts";
import { reloadableAccess } from "./users/reloadable-access.ts";

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
  resolveFiles,
  unmet: unmetNeeds,
  start,
};

/** The broker's address as distcli takes it. */
function brokerArgument(address: Pick<Address, "host" | "port" | "transport">): string {
  const { host, port, transport } = address;
  if (transport === "tcp") return `${host}${port === 1883 ? "" : ` -p ${port}`}`;
  return `${transport === "tls" ? "mqtts" : transport}://${formatAddress(address)}`;
}

async function start(context: RoleContext, config: MqttConfig): Promise<RunningService<MqttConfig>> {
  const { log, traffic } = context;
  const access = reloadableAccess(config);
  const ports = { access, store: memoryStore, bus: noBus };
  const fail = (error: Error) => context.fail(error);
  const product = `distsrv version ${context.version}`;
  const broker = new Broker(config, { log, traffic, fail, product, clock: systemClock, ...ports });
  const listeners = await listen(context, config, broker);
  const [address] = listeners.addresses;
  const trace = {
    traffic,
    service: context.service,
    local: address === undefined ? "" : formatAddress(address),
  };
  let stopPublishers = startPublishers(broker, config.publish, trace);
  const insight = openInsight(broker);
  return {
    addresses: listeners.addresses,
    stats: () => ({ ...listeners.stats(), ...broker.stats() }),
    clients: () => listeners.clients(),
    problems: () => insight.problems(),
    views: insight.views,
    actions: insight.actions,
    reload: async (next) => {
      if (!broker.reload(next)) return false;
      disconnectDisallowed(broker, access.change(next));
      stopPublishers();
      stopPublishers = startPublishers(broker, next.publish, trace);
      return true;
    },
    stop: async (deadline) => {
      stopPublishers();
      insight.stop();
      // First nobody new is accepted, and WebSockets get their close code; then the broker disconnects everybody.
      const drained = listeners.stop(deadline);
      broker.stop();
      await drained;
      await broker.close();
    },
  };
}

/** Accepts clients once the broker has restored its state. */
async function listen(context: RoleContext, config: MqttConfig, broker: Broker): Promise<Listeners> {
  try {
    await broker.open();
    return await openListeners(context, config, broker);
  } catch (error) {
    broker.stop();
    await broker.close();
    throw error;
  }
}
