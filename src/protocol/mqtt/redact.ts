import { Buffer } from "node:buffer";
import type { Packet } from "./packet.ts";

const star = 0x2a;

/**
 * A packet's bytes for observers: a copy with `*` in place of CONNECT's password and of the authentication data of
 * CONNECT, CONNACK and AUTH. A packet without secrets is returned as it is.
 */
export function withoutSecrets(bytes: Uint8Array, packet: Packet): Uint8Array {
  const data = authenticationDataOf(packet);
  const rest = overwritten(bytes, data === undefined ? [] : [data]);
  const password = packet.type === "connect" ? packet.password : undefined;
  if (password === undefined) return rest;
  const copy = Buffer.from(rest);
  // The password is CONNECT's last field. [MQTT-3.1.3-1]
  return copy.fill(star, copy.length - password.length);
}

/** The authentication data of a packet: it may be, or reveal, a password. */
export function authenticationDataOf(packet: Packet): Uint8Array | undefined {
  switch (packet.type) {
    case "connect":
    case "connack":
    case "auth":
      return packet.properties.authenticationData;
    default:
      return undefined;
  }
}

/** A copy with `*` wherever one of the secrets occurs; the bytes themselves if there are no secrets. */
export function overwritten(bytes: Uint8Array, secrets: readonly Uint8Array[]): Uint8Array {
  if (secrets.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  for (const secret of secrets) {
    if (secret.length === 0) continue;
    for (let at = copy.indexOf(secret); at >= 0; at = copy.indexOf(secret, at + secret.length)) {
      copy.fill(star, at, at + secret.length);
    }
  }
  return copy;
}
