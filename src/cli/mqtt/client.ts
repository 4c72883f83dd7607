import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { MqttClient } from "mqtt";
import { isSocketPath } from "../../core/address.ts";
import { withTimeout } from "../../core/deadline.ts";
import { describeError } from "../../core/errors.ts";
import { withRealReason } from "../../net/dial-error.ts";
import type { CommandContext } from "../program/command-context.ts";
import { CliError, ConnectionError, PeerError } from "../program/errors.ts";
import { networkFailure, notSpeaking, type Peer, peerName, tlsFailure } from "../program/peer.ts";
import { tlsSettings } from "../program/peer-tls.ts";
import type { Broker } from "./broker-address.ts";
import type { PacketProperties } from "./properties.ts";
import type { Will } from "./will.ts";

/** What a client sends about itself in CONNECT. */
export interface MqttIdentity {
  readonly id?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Seconds. */
  readonly keepalive: number;
  readonly version: MqttVersion;
  /** Clean session: the broker keeps nothing after the end. Default true. */
  readonly clean?: boolean;
  readonly will?: Will | undefined;
  /** Of MQTT 5. */
  readonly properties?: PacketProperties | undefined;
}

/** The protocol level of CONNECT: MQTT 3.1, 3.1.1 and 5.0. */
export type MqttVersion = 3 | 4 | 5;

/** Milliseconds between two attempts to reconnect. */
export const reconnectEvery = 1000;

/**
 * Connects to a broker. A connection that is lost later is not made again unless `options.reconnectPeriod` is set.
 * @throws {PeerError} when the broker cannot be reached or refuses the client
 */
export async function connectMqtt(
  context: CommandContext,
  peer: Broker,
  identity: MqttIdentity,
): Promise<MqttClient> {
  const { host, port, protocol = "mqtt", path, tls = {} } = peer;
  const { connect } = await import("mqtt"); // loaded on demand: the other commands start faster without it
  const client = connect({
    ...(protocol === "unix" ? { protocol: "mqtt", unixSocket: true } : { protocol }),
    host: host.includes(":") && path !== undefined ? `[${host}]` : host, // for a WebSocket it becomes part of a URL
    port,
    ...(path !== undefined && { path }),
    ...tlsSettings(tls),
    clientId: identity.id ?? `distcli-${randomBytes(4).toString("hex")}`,
    username: identity.username,
    password: identity.password,
    keepalive: identity.keepalive,
    protocolVersion: identity.version,
    protocolId: identity.version === 3 ? "MQIsdp" : "MQTT",
    clean: identity.clean ?? true,
    will: identity.will,
    properties: identity.properties?.connect,
    reconnectPeriod: 0,
    connectTimeout: 0x7fff_ffff, // effectively none: `context.within` limits the wait
  });
  try {
    await context.within(`No answer from the MQTT broker ${peerName(peer)}`, () => connection(client));
    return client;
  } catch (error) {
    client.end(true);
    const reason = protocol === "unix" ? error : await withRealReason(error, peer.host, peer.port);
    throw brokerFailure(reason, peer);
  }
}

function connection(client: MqttClient): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: unknown;
    client.once("connect", () => resolve());
    // The error, if any, comes before the close.
    client.on("error", (error) => {
      failure ??= error;
      reject(error);
    });
    client.once("close", () => reject(failure ?? new Error("it closed the connection during the handshake")));
  });
}

/**
 * Waits for the broker to acknowledge `work`, no longer than the timeout, and only while the connection lasts: the
 * library itself would wait for the next connection.
 */
export async function acknowledged<T>(
  context: CommandContext,
  client: MqttClient,
  peer: Peer,
  work: () => Promise<T>,
): Promise<T> {
  const loss = lossOf(client, peer);
  try {
    return await context.within(`No answer from the MQTT broker ${peerName(peer)}`, () =>
      client.connected ? Promise.race([loss.lost, work()]) : loss.lost,
    );
  } catch (error) {
    throw brokerFailure(error, peer);
  } finally {
    loss.stop();
  }
}

/** The loss of a connection: `lost` rejects when the broker closes it, or has closed it already. */
export interface ConnectionLoss {
  readonly lost: Promise<never>;
  stop(): void;
}

export function lossOf(client: MqttClient, peer: Peer): ConnectionLoss {
  const message = `The MQTT broker ${peerName(peer)} closed the connection`;
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {}); // it may reject before anybody awaits it
  const close = () => reject(new PeerError("connection-closed", message));
  if (client.connected) client.once("close", close);
  else close();
  return { lost, stop: () => client.off("close", close) };
}

/** An error of the library as distcli shows it. */
export function brokerFailure(error: unknown, peer: Peer): Error {
  if (error instanceof CliError) return error; // a timeout, or Ctrl-C
  const failure =
    socketFailure(error, peer) ??
    tlsFailure(error, peer) ??
    networkFailure(error, peer, `distcli mqtt sub 127.0.0.1 -t 'sister/#'`);
  if (failure !== undefined) return failure;
  const said = describeError(error).replace(/^Connection refused: /, "");
  // A refusal of the broker has its numeric code; any other error means that the library cannot read the packets.
  const refused = error instanceof Error && "code" in error && typeof error.code === "number";
  if (refused) return new PeerError("mqtt-refused", `The MQTT broker ${peerName(peer)} refused: ${said}`);
  // The library sends no alias that the broker's CONNACK forbids [MQTT-3.2.2-17].
  if (/^Sending Topic Alias out of range/.test(said)) {
    const message = `The MQTT broker ${peerName(peer)} takes no such topic alias: its topic-alias-maximum is lower`;
    return new PeerError("mqtt-limit", message);
  }
  return notSpeaking(peer, "MQTT as it should", said);
}

/** Why nobody answers at the path of a Unix socket. */
function socketFailure(error: unknown, { host }: Peer): PeerError | undefined {
  if (!isSocketPath(host) || !(error instanceof Error) || !("code" in error)) return undefined;
  const why = socketReasons[String(error.code)];
  if (why === undefined) return undefined;
  const { code, reason, advice } = why;
  return new ConnectionError(code, `Cannot connect to ${host}: ${reason}. ${advice}`, reason);
}

const socketReasons: Readonly<Record<string, { code: string; reason: string; advice: string }>> = {
  ENOENT: {
    code: "connection-refused",
    reason: "there is no such file",
    advice: "Does the broker run, and has it a listener with this path?",
  },
  ECONNREFUSED: {
    code: "connection-refused",
    reason: "no program listens there",
    advice: "Start the broker: it takes the place of what a dead one has left",
  },
  EACCES: {
    code: "connection-forbidden",
    reason: "permission denied",
    advice: "The listener's mode says who may connect, and so do the folders above it",
  },
};

/** Milliseconds to wait until DISCONNECT is sent and the connection closed. */
const disconnectTimeout = 500;

export async function disconnectMqtt(
  client: MqttClient,
  properties?: PacketProperties["disconnect"],
): Promise<void> {
  await withTimeout(client.endAsync(false, { ...(properties && { properties }) }), disconnectTimeout);
}

/** A payload for `--json`: as text, and in base64 too where it is no UTF-8. */
export function messageFields(payload: Uint8Array): { message: string; base64?: string } {
  const message = new TextDecoder().decode(payload);
  return isUtf8(payload) ? { message } : { message, base64: Buffer.from(payload).toString("base64") };
}
