import type { Role, RoleContext, RunningService } from "../../core/role.ts";
import { listenTcp } from "../../net/tcp.ts";
import { Broker } from "./broker.ts";
import { systemClock } from "./clock.ts";
import { type MqttConfig, mqttConfig } from "./config.ts";
import type { Connection } from "./connection.ts";
import { startPublishers } from "./publishers.ts";
import { openAccess } from "./seams/access.ts";

/** A broker for MQTT 3.1, 3.1.1 and 5.0. */
export const mqtt: Role<MqttConfig> = {
  name: "mqtt",
  summary: "MQTT broker: 3.1, 3.1.1 and 5.0, with built-in publishers",
  config: mqttConfig,
  example: (config, addresses) => {
    const { host = config.host, port = config.port } = addresses[0] ?? {};
    const topic = config.publish[0]?.topic.split("/")[0];
    return `distcli mqtt sub ${host}${port === 1883 ? "" : ` -p ${port}`} -t '${topic === undefined ? "#" : `${topic}/#`}'`;
  },
  start,
};

async function start(context: RoleContext, config: MqttConfig): Promise<RunningService<MqttConfig>> {
  const { log, traffic } = context;
  const broker = new Broker(config, { log, traffic, clock: systemClock, access: openAccess });
  const server = await listenTcp<Connection>(
    context,
    {
      host: config.host,
      port: config.port,
      maxConnections: config.maxConnections,
      // A slow subscriber may still publish; how much waits for it is the broker's to judge.
      pauseWhenFull: false,
    },
    {
      open: (connection) => broker.accept(connection),
      data: (connection, chunk) => connection.state.feed(chunk),
      drain: (connection) => connection.state.drained(),
      close: (connection) => connection.state.closed(),
    },
  ).catch((error: unknown) => {
    broker.stop();
    throw error;
  });
  const stopPublishers = startPublishers(broker, config.publish);
  return {
    addresses: [server.address],
    stats: () => ({ ...server.stats(), ...broker.stats() }),
    clients: () => server.clients(),
    stop: async (deadline) => {
      stopPublishers();
      broker.stop();
      await server.stop(deadline);
    },
  };
}
