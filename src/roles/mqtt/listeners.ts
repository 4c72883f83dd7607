import type { Address } from "../../core/address.ts";
import type { PortClaim, RoleContext, UnmetNeed } from "../../core/role.ts";
import { type ConnectionQuota, listenTcp, type TcpOptions, type TcpServer } from "../../net/tcp/server.ts";
import { readTlsFiles, TlsFileError, type TlsFiles } from "../../net/tcp/tls-files.ts";
import { listenWebSocket } from "../../net/websocket/server.ts";
import type { Broker } from "./broker/broker.ts";
import { acceptClient } from "./client/accept.ts";
import type { Connection } from "./client/connection.ts";
import type { MqttConfig } from "./config.ts";

/** A listener with all settings that it may have left to the service. */
type Listener = Omit<MqttConfig["listeners"][number], "connectTimeout" | "maxPacketSize" | "host"> & {
  readonly host: string;
  readonly connectTimeout: number;
  readonly maxPacketSize: number;
  /** Where in the service's settings it stands. */
  readonly path: readonly (string | number)[];
};

type Server = Pick<TcpServer, "address" | "stats" | "clients" | "stop">;

/** All listeners of a service, open. */
export interface Listeners {
  readonly addresses: readonly Address[];
  stats(): Record<string, number>;
  clients(): string[];
  /** Accepts no more at once, and drains until the deadline. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** The subprotocols of WebSocket, section 6 of MQTT; the second one is what clients of MQTT 3.1 asked for. */
const protocols = ["mqtt", "mqttv3.1"];

/** The service's own listener, and then the further ones. */
function listenersOf(config: MqttConfig): Listener[] {
  const own: Listener = { ...config, maxConnections: undefined, path: [] };
  const further = config.listeners.map((listener, index) => ({
    ...listener,
    host: listener.host ?? config.host,
    connectTimeout: listener.connectTimeout ?? config.connectTimeout,
    maxPacketSize: listener.maxPacketSize ?? config.maxPacketSize,
    path: ["listeners", index],
  }));
  return [own, ...further];
}

export function portsOf(config: MqttConfig): PortClaim[] {
  return listenersOf(config).map(({ host, port, path }) => ({
    transport: "tcp",
    host,
    port,
    path: [...path, "port"],
  }));
}

/** With absolute paths of certificates and keys. */
export function resolveFiles(config: MqttConfig, resolve: (path: string) => string): MqttConfig {
  const resolved = <T extends { readonly tls?: TlsFiles | undefined }>(listener: T): T => {
    if (listener.tls === undefined) return listener;
    const { cert, key, ca } = listener.tls;
    const files = { cert: resolve(cert), key: resolve(key), ...(ca !== undefined && { ca: resolve(ca) }) };
    return { ...listener, tls: { ...listener.tls, ...files } };
  };
  return { ...resolved(config), listeners: config.listeners.map(resolved) };
}

/** Certificates and keys that cannot be used. */
export function unmetNeeds(config: MqttConfig): UnmetNeed[] {
  return listenersOf(config).flatMap(({ tls, path }) => {
    try {
      if (tls !== undefined) readTlsFiles(tls);
      return [];
    } catch (error) {
      if (!(error instanceof TlsFileError)) throw error;
      return [{ path: [...path, "tls", error.field], message: error.message }];
    }
  });
}

/**
 * Opens all of them, or none.
 * @throws {StartError} of the first that cannot be opened
 */
export async function openListeners(
  context: RoleContext,
  config: MqttConfig,
  broker: Broker,
): Promise<Listeners> {
  const shared: ConnectionQuota = { limit: config.maxConnections, used: 0 };
  const servers: Server[] = [];
  const stop = async (deadline: AbortSignal) => {
    await Promise.all(servers.map((server) => server.stop(deadline)));
  };
  try {
    for (const listener of listenersOf(config)) {
      servers.push(await open(context, listener, tcpOptions(listener, config, shared), broker));
    }
  } catch (error) {
    await stop(AbortSignal.abort());
    throw error;
  }
  return {
    addresses: servers.map(({ address }) => address),
    stats: () => stats(servers),
    clients: () => servers.flatMap((server) => server.clients()),
    stop,
  };
}

function open(
  context: RoleContext,
  listener: Listener,
  options: TcpOptions,
  broker: Broker,
): Promise<Server> {
  const { transport, paths, origins, connectTimeout } = listener;
  if (transport === "tcp") {
    return listenTcp<Connection>(context, options, {
      open: (link) => acceptClient(broker, link, listener),
      data: (link, chunk) => link.state.feed(chunk),
      drain: (link) => link.state.drained(),
      close: (link) => link.state.closed(),
    });
  }
  // The broker does not see where frames begin and end. [MQTT-6.0.0-2]
  const upgrade = { paths, origins, protocols, upgradeTimeout: connectTimeout };
  return listenWebSocket<Connection>(
    context,
    { ...options, ...upgrade },
    {
      open: (link) => acceptClient(broker, link, listener),
      data: (link, bytes) => link.state.feed(bytes),
      drain: (link) => link.state.drained(),
      close: (link) => link.state.closed(),
    },
  );
}

function tcpOptions(listener: Listener, config: MqttConfig, shared: ConnectionQuota): TcpOptions {
  const { host, port, maxConnections, connectTimeout, tls, path } = listener;
  return {
    host,
    port,
    shared,
    ...(maxConnections !== undefined && { maxConnections }),
    ...(path.length > 0 && { part: path.join(".") }),
    ...(tls !== undefined && { tls: { files: tls, handshakeTimeout: connectTimeout } }),
    keepAlive: config.tcpKeepAlive,
    // CONNECT holds a password, and the head of a WebSocket may hold a cookie: see wire/trace.ts.
    emitsBytes: false,
    // A slow subscriber may still publish; the broker limits what waits for it.
    pauseWhenFull: false,
  };
}

/** Figures of each listener where there are several. */
const ofEach = ["connections", "connections_total", "connections_refused_total"];

/** All listeners together, and, if there are several, each by its transport and port: `ws_8083_connections`. */
function stats(servers: readonly Server[]): Record<string, number> {
  const sums: Record<string, number> = {};
  const each: Record<string, number> = {};
  for (const server of servers) {
    const { address } = server;
    for (const [name, value] of Object.entries(server.stats())) {
      sums[name] = (sums[name] ?? 0) + value;
      if (ofEach.includes(name)) each[`${address.transport}_${address.port}_${name}`] = value;
    }
  }
  return servers.length > 1 ? { ...sums, ...each } : sums;
}
