import type { X509Certificate } from "node:crypto";
import type { Address } from "../../core/address.ts";
import type { Problem } from "../../core/problem.ts";
import type { PortClaim, RoleContext, UnmetNeed } from "../../core/role.ts";
import { ConnectionsPerAddress } from "../../net/tcp/connections-per-address.ts";
import { type ConnectionQuota, listenTcp, type TcpOptions, type TcpServer } from "../../net/tcp/server.ts";
import { tlsRole, unmetTls } from "../../net/tcp/tls-role.ts";
import { listenWebSocket } from "../../net/websocket/server.ts";
import type { Version } from "../../protocol/mqtt/packet.ts";
import { Reason } from "../../protocol/mqtt/reason.ts";
import { certificateName } from "../../protocol/x509/certificate-name.ts";
import type { Broker } from "./broker/broker.ts";
import { acceptClient } from "./client/accept.ts";
import type { Connection } from "./client/connection.ts";
import type { MqttConfig } from "./config.ts";
import { type Arrival, type ListenerAccess, openListener, unknownArrival } from "./ports/access.ts";

/** What changes while clients are connected, for those that come from then on. */
interface LiveSettings {
  versions: readonly Version[];
  listenerAccess: ListenerAccess;
}

/** A listener with all settings that it may have left to the service. */
type Listener = Omit<
  MqttConfig["listeners"][number],
  "connectTimeout" | "maxPacketSize" | "host" | "port" | "path" | "mode" | keyof LiveSettings
> &
  LiveSettings & {
    readonly host: string;
    readonly port: number;
    /** Of a Unix socket, in place of host and port. */
    readonly socket?: { readonly path: string; readonly mode: number };
    readonly connectTimeout: number;
    readonly maxPacketSize: number;
    /** Where in the service's settings it stands. */
    readonly path: readonly (string | number)[];
  };

type Server = Pick<TcpServer, "address" | "stats" | "clients" | "problems" | "renewTls" | "stop">;

/** All listeners of a service, open. */
export interface Listeners {
  readonly addresses: readonly Address[];
  /** Applies what may change while clients are connected. */
  apply(next: MqttConfig): void;
  stats(): Record<string, number>;
  clients(): string[];
  /** Who was turned away, and what is wrong with the certificates, or will be soon. */
  problems(): Problem[];
  /** Reads the certificates again, for connections from now on. @returns whether any is different */
  renewTls(next: MqttConfig): Promise<boolean>;
  /** Accepts no more at once, and drains until the deadline. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** The subprotocols of WebSocket, section 6 of MQTT; the second one is what clients of MQTT 3.1 asked for. */
const protocols = ["mqtt", "mqttv3.1"];

/** The service's own listener, and then the further ones. */
function listenersOf(config: MqttConfig): Listener[] {
  const own: Listener = { ...config, listenerAccess: openListener, maxConnections: undefined, path: [] };
  const further = config.listeners.map(
    ({ path, mode, ...listener }, index): Listener => ({
      ...listener,
      port: listener.port ?? 0,
      ...(path !== undefined && { socket: { path, mode } }),
      versions: listener.versions ?? config.versions,
      listenerAccess: openListener,
      host: listener.host ?? config.host,
      connectTimeout: listener.connectTimeout ?? config.connectTimeout,
      maxPacketSize: listener.maxPacketSize ?? config.maxPacketSize,
      path: ["listeners", index],
    }),
  );
  return [own, ...further];
}

export function portsOf(config: MqttConfig): PortClaim[] {
  return listenersOf(config)
    .filter(({ socket }) => socket === undefined)
    .map(({ host, port, path }) => ({ transport: "tcp", host, port, path: [...path, "port"] }));
}

/** The paths of Unix sockets, which only one service can have. */
export const socketsOf = ({ listeners }: MqttConfig): string[] =>
  listeners.flatMap(({ path }) => (path === undefined ? [] : [`socket ${path}`]));

/** With absolute paths of certificates and keys. */
export function resolveFiles(config: MqttConfig, resolve: (path: string) => string): MqttConfig {
  const listeners = config.listeners.map(({ path, ...listener }) => ({
    ...tlsRole.resolveFiles(listener, resolve),
    ...(path !== undefined && { path: resolve(path) }),
  }));
  return { ...tlsRole.resolveFiles(config, resolve), listeners };
}

/** Certificates and keys that cannot be used. */
export function unmetNeeds(config: MqttConfig): UnmetNeed[] {
  return listenersOf(config).flatMap(({ tls, path }) => unmetTls(tls, path));
}

/**
 * Opens all of them, or none.
 * @param accessOf whom each of them lets in
 * @throws {StartError} of the first that cannot be opened
 */
export async function openListeners(
  context: RoleContext,
  config: MqttConfig,
  broker: Broker,
  accessOf: (config: MqttConfig) => readonly ListenerAccess[],
): Promise<Listeners> {
  const shared: ConnectionQuota = { limit: config.maxConnections, used: 0 };
  const perAddress = new ConnectionsPerAddress(config.maxConnectionsPerAddress);
  const servers: Server[] = [];
  const listeners = listenersOf(config);
  const apply = (next: MqttConfig) => {
    const access = accessOf(next);
    for (const [index, { versions }] of listenersOf(next).entries())
      Object.assign(listeners[index] ?? {}, { versions, listenerAccess: access[index] ?? openListener });
  };
  apply(config);
  const stop = async (deadline: AbortSignal) => {
    await Promise.all(servers.map((server) => server.stop(deadline)));
  };
  try {
    for (const listener of listeners) {
      servers.push(
        await open(context, listener, { ...tcpOptions(listener, config, shared), perAddress }, broker),
      );
    }
  } catch (error) {
    await stop(AbortSignal.abort());
    throw error;
  }
  return {
    addresses: servers.map(({ address }) => address),
    apply,
    stats: () => stats(servers),
    clients: () => servers.flatMap((server) => server.clients()),
    problems: () => servers.flatMap((server) => server.problems()),
    renewTls: (next) => renewAll(servers, next),
    stop,
  };
}

/** They have as many listeners as the configuration: another number takes a restart. */
async function renewAll(servers: readonly Server[], next: MqttConfig): Promise<boolean> {
  const renewals = listenersOf(next).map(async ({ tls }, index) =>
    tls === undefined ? false : await servers[index]?.renewTls(tls),
  );
  return (await Promise.all(renewals)).some((isDifferent) => isDifferent === true);
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
      open: (link) => acceptClient(broker, link, listener, arrivalOf(link, listener)),
      data: (link, chunk) => link.state.feed(chunk),
      drain: (link) => link.state.drained(),
      end: (link) => link.state.peerEnded(),
      banned: ({ state }) => expel(state),
      close: (link) => link.state.closed(),
    });
  }
  // The broker does not see where frames begin and end. [MQTT-6.0.0-2]
  const upgrade = { paths, origins, protocols, upgradeTimeout: connectTimeout };
  return listenWebSocket<Connection>(
    context,
    { ...options, ...upgrade },
    {
      open: (link) => acceptClient(broker, link, listener, arrivalOf(link, listener)),
      data: (link, bytes) => link.state.feed(bytes),
      drain: (link) => link.state.drained(),
      end: (link) => link.state.peerEnded(),
      banned: ({ state }) => expel(state),
      close: (link) => link.state.closed(),
    },
  );
}

/** Its address has been banned. DISCONNECT has no reason code for that (0x8A is for CONNACK). */
function expel(connection: Connection): void {
  if (connection.session === undefined) connection.close();
  else connection.disconnect(Reason.AdministrativeAction, "its address has been banned");
}

interface Arriving {
  readonly certificate: X509Certificate | undefined;
  /** Of a WebSocket. */
  takeBearer?(): string | undefined;
}

/** What is known of a client before it speaks MQTT. */
function arrivalOf(link: Arriving, { tls }: Listener): Arrival {
  const token = link.takeBearer?.();
  const bearer = token === undefined ? undefined : Buffer.from(token, "latin1");
  const { certificate } = link;
  if (tls === undefined) return bearer === undefined ? unknownArrival : { isSecure: false, bearer };
  const subject = certificate && nameIn(certificate, "dn");
  const { usernameFrom } = tls;
  if (usernameFrom === undefined) return { isSecure: true, subject, bearer };
  const name = certificate && nameIn(certificate, usernameFrom);
  return { isSecure: true, subject, bearer, certificate: { name } };
}

/** Its authority may have signed what cannot be read: such a certificate names nobody. */
function nameIn(...asked: Parameters<typeof certificateName>): string | undefined {
  try {
    return certificateName(...asked);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function tcpOptions(listener: Listener, config: MqttConfig, shared: ConnectionQuota): TcpOptions {
  const { host, port, maxConnections, connectTimeout, tls, path, maxConnectRate, proxyProtocol, socket } =
    listener;
  return {
    host,
    port,
    ...socket,
    shared,
    maxConnectRate,
    proxyProtocol,
    ...(maxConnections !== undefined && { maxConnections }),
    ...(path.length > 0 && { part: path.join(".") }),
    ...(tls !== undefined && { tls: { setting: tls, handshakeTimeout: connectTimeout } }),
    keepAlive: config.tcpKeepAlive,
    // CONNECT holds a password, and the head of a WebSocket may hold a cookie: see wire/trace.ts.
    emitsBytes: false,
    // A slow subscriber may still publish; the broker limits what waits for it.
    pauseWhenFull: false,
  };
}

/** Figures of each listener where there are several. */
const ofEach = ["connections", "connections_total", "connections_refused_total"];

/**
 * All listeners together, and, if there are several, each by its transport and port: `ws_8083_connections`. Unix sockets
 * have their place among the further listeners, `ipc_0_connections`.
 */
function stats(servers: readonly Server[]): Record<string, number> {
  const sums: Record<string, number> = {};
  const each: Record<string, number> = {};
  for (const [index, server] of servers.entries()) {
    const { transport, port } = server.address;
    const which = `${transport}_${transport === "ipc" ? index - 1 : port}`;
    for (const [name, value] of Object.entries(server.stats())) {
      sums[name] = (sums[name] ?? 0) + value;
      if (ofEach.includes(name)) each[`${which}_${name}`] = value;
    }
  }
  return servers.length > 1 ? { ...sums, ...each } : sums;
}
