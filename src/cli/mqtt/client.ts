import { isUtf8 } from "node:buffer";
import { randomBytes } from "node:crypto";
import type { MqttClient } from "mqtt";
import { withTimeout } from "../../core/deadline.ts";
import { describeError } from "../../core/errors.ts";
import { withRealReason } from "../../net/dial-error.ts";
import type { CommandContext } from "../program/command-context.ts";
import { CliError, PeerError } from "../program/errors.ts";
import { networkFailure, notSpeaking, type Peer, peerName } from "../program/peer.ts";
import type { Broker } from "./broker-address.ts";

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
  const { host, port, protocol = "mqtt", path, ca, insecure } = peer;
  const { connect } = await import("mqtt"); // loaded on demand: the other commands start faster without it
  const client = connect({
    protocol,
    host: host.includes(":") && path !== undefined ? `[${host}]` : host, // for a WebSocket it becomes part of a URL
    port,
    ...(path !== undefined && { path }),
    ...(ca !== undefined && { ca }),
    rejectUnauthorized: insecure !== true,
    clientId: identity.id ?? `distcli-${randomBytes(4).toString("hex")}`,
    username: identity.username,
    password: identity.password,
    keepalive: identity.keepalive,
    protocolVersion: identity.version,
    protocolId: identity.version === 3 ? "MQIsdp" : "MQTT",
    clean: identity.clean ?? true,
    reconnectPeriod: 0,
    connectTimeout: 0x7fff_ffff, // effectively none: `context.within` limits the wait
  });
  try {
    await context.within(`No answer from the MQTT broker ${peerName(peer)}`, () => connection(client));
    return client;
  } catch (error) {
    client.end(true);
    throw brokerFailure(await withRealReason(error, peer.host, peer.port), peer);
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
  const closed = new PeerError(
    "connection-closed",
    `The MQTT broker ${peerName(peer)} closed the connection`,
  );
  if (!client.connected) throw closed;
  const { promise: lost, reject } = Promise.withResolvers<never>();
  const close = () => reject(closed);
  client.once("close", close);
  try {
    return await context.within(`No answer from the MQTT broker ${peerName(peer)}`, () =>
      Promise.race([lost, work()]),
    );
  } catch (error) {
    throw brokerFailure(error, peer);
  } finally {
    client.off("close", close);
  }
}

/** An error of the library as distcli shows it. */
export function brokerFailure(error: unknown, peer: Peer): Error {
  if (error instanceof CliError) return error; // a timeout, or Ctrl-C
  const failure = networkFailure(error, peer, `distcli mqtt sub 127.0.0.1 -t 'sister/#'`);
  if (failure !== undefined) return failure;
  if (isCertificateError(error)) {
    const message = `The certificate of ${peerName(peer)} is not trusted: ${describeError(error)}. Name its authority with --cafile FILE, or take it unseen with --insecure`;
    return new PeerError("not-trusted", message);
  }
  const said = describeError(error).replace(/^Connection refused: /, "");
  // A refusal of the broker has its numeric code; any other error means that the library cannot read the packets.
  const refused = error instanceof Error && "code" in error && typeof error.code === "number";
  if (refused) return new PeerError("mqtt-refused", `The MQTT broker ${peerName(peer)} refused: ${said}`);
  return notSpeaking(peer, "MQTT as it should", said);
}

/** Whether it has a code of OpenSSL or Node for a certificate that is not valid, or not for this name. */
function isCertificateError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/.test(code);
}

/** Milliseconds to wait until DISCONNECT is sent and the connection closed. */
const disconnectTimeout = 500;

export async function disconnectMqtt(client: MqttClient): Promise<void> {
  await withTimeout(client.endAsync(), disconnectTimeout);
}

/** A payload for `--json`: as text, and in base64 too where it is no UTF-8. */
export function messageFields(payload: Uint8Array): { message: string; base64?: string } {
  const message = new TextDecoder().decode(payload);
  return isUtf8(payload) ? { message } : { message, base64: Buffer.from(payload).toString("base64") };
}
