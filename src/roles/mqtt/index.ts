import { type Address, formatAddress } from "../../core/address.ts";
import type { Role, RoleContext, RunningService } from "../../core/role.ts";
import { unmetAccess, withAccessFiles, withClasses } from "./access-files.ts";
import { authContext } from "./auth/context.ts";
import { Broker } from "./broker/broker.ts";
import { startPublishers } from "./broker/built-in-publishers.ts";
import { type MqttConfig, mqttConfig } from "./config.ts";
import { DiskStore } from "./durable/disk-store.ts";
import { openInsight } from "./insight/insight.ts";
import { type Listeners, openListeners, portsOf, resolveFiles, socketsOf, unmetNeeds } from "./listeners.ts";
import { noBus } from "./ports/bus.ts";
import { systemClock } from "./ports/clock.ts";
import { memoryStore } from "./ports/store.ts";
import { disconnectDisallowed } from "./users/disconnect-disallowed.ts";
import { guardedAccess } from "./users/guarded-access.ts";
import { accessOfListeners, knowsItsClients } from "./users/listener-access.ts";
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
  resolveFiles: (config, resolve) =>
    withAccessFiles(inFolder(resolveFiles(config, resolve), resolve), resolve),
  unmet: (config) => [...unmetNeeds(config), ...unmetAccess(config)],
  prepare: withClasses,
  knowsItsClients,
  exclusive: (config) => [...directoryOf(config), ...socketsOf(config)],
  start,
};

/** A relative directory begins where the configuration file is. */
function inFolder(config: MqttConfig, resolve: (path: string) => string): MqttConfig {
  const { persistence } = config;
  if (persistence === undefined) return config;
  return { ...config, persistence: { ...persistence, directory: resolve(persistence.directory) } };
}

const directoryOf = ({ persistence }: MqttConfig): string[] =>
  persistence === undefined ? [] : [`directory ${persistence.directory}`];

/** The broker's address as distcli takes it. */
function brokerArgument(address: Pick<Address, "host" | "port" | "transport">): string {
  const { host, port, transport } = address;
  if (transport === "tcp") return `${host}${port === 1883 ? "" : ` -p ${port}`}`;
  return `${transport === "tls" ? "mqtts" : transport}://${formatAddress(address)}`;
}

async function start(context: RoleContext, config: MqttConfig): Promise<RunningService<MqttConfig>> {
  const { log, traffic, audit } = context;
  const disk = openDisk(context, config);
  const access = reloadableAccess(config, authContext(log), () => disk?.secret);
  const ports = {
    access: guardedAccess(access, context.service, context.guards),
    store: disk ?? memoryStore,
    bus: noBus,
  };
  const fail = (error: Error) => context.fail(error);
  const product = `distsrv version ${context.version}`;
  const broker = new Broker(config, { log, traffic, audit, fail, product, clock: systemClock, ...ports });
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
    stats: () => ({ ...listeners.stats(), ...broker.stats(), ...access.stats(), ...disk?.stats() }),
    clients: () => listeners.clients(),
    problems: () => [...listeners.problems(), ...access.problems(), ...insight.problems()],
    unready: () => broker.unready,
    views: insight.views,
    actions: insight.actions,
    dataDirectory: config.persistence?.directory,
    renewTls: (next) => listeners.renewTls(next),
    reload: async (next) => {
      if (!broker.reload(next)) return false;
      await listeners.renewTls(next);
      listeners.apply(next);
      const { mayStay, hasNewRules } = access.change(next);
      // First, so that the wills of those who have to go are published by the new rules.
      if (hasNewRules) broker.permissionsChanged();
      disconnectDisallowed(broker, mayStay);
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
      access.stop();
    },
  };
}

/** Where the broker keeps what outlives it, if the configuration says where. */
function openDisk({ log, service }: RoleContext, { persistence }: MqttConfig): DiskStore | undefined {
  if (persistence === undefined) return undefined;
  const wall = () => Date.now();
  return new DiskStore({ config: persistence, clock: systemClock, wall, log, owner: `service ${service}` });
}

/** Accepts clients once the broker has restored its state. */
async function listen(context: RoleContext, config: MqttConfig, broker: Broker): Promise<Listeners> {
  try {
    await broker.open();
    return await openListeners(context, config, broker, accessOfListeners);
  } catch (error) {
    broker.stop();
    await broker.close();
    throw error;
  }
}
