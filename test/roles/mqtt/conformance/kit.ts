import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import type {
  Connect,
  Packet,
  Publish,
  PublishAck,
  Qos,
  Subscribe,
  Unsubscribe,
  Version,
} from "../../../../src/protocol/mqtt/packet.ts";
import type { TestClient } from "../support/test-broker.ts";

export const versions = [3, 4, 5] as const;

export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** CONNECT options of a session that outlives its connection. */
export const lasting = (version: Version): Partial<Connect> => ({
  cleanStart: false,
  properties: version === 5 ? { sessionExpiryInterval: 3600 } : {},
});

export const ack = (
  type: PublishAck["type"],
  version: Version,
  packetId: number,
  reasonCode = 0,
): PublishAck => ({ type, version, packetId, reasonCode, properties: {} });

export function subscribeTo(
  version: Version,
  filters: readonly string[],
  qos: Qos = 2,
  packetId = 21,
): Subscribe {
  const options = { qos, noLocal: false, retainAsPublished: false, retainHandling: 0 as const };
  const subscriptions = filters.map((filter) => ({ filter, ...options }));
  return { type: "subscribe", version, packetId, subscriptions, properties: {} };
}

export const unsubscribeFrom = (
  version: Version,
  filters: readonly string[],
  packetId = 22,
): Unsubscribe => ({
  type: "unsubscribe",
  version,
  packetId,
  filters,
  properties: {},
});

export const connectPacket = (version: Version, clientId: string, more: Partial<Connect> = {}): Connect => ({
  type: "connect",
  version,
  clientId,
  cleanStart: true,
  keepAlive: 0,
  properties: {},
  ...more,
});

export const disconnectPacket = (version: Version): Packet => ({
  type: "disconnect",
  version,
  reasonCode: 0,
  properties: {},
});

/** The PUBLISH packets received since the last call; no other packet may have been received. */
export function publishes(client: TestClient): Publish[] {
  return client.take().map((packet) => {
    if (packet.type !== "publish") throw new Error(`unexpected ${JSON.stringify(packet)}`);
    return packet;
  });
}

/** The packet with `mark`, which must be somewhere in it, replaced by bytes of the same length. */
export function forged(packet: Packet, mark: string, bytes: string): Buffer {
  const made = Buffer.from(encode(packet));
  const at = made.indexOf(mark);
  const replacement = hex(bytes);
  if (at < 0 || replacement.length !== mark.length)
    throw new Error(`cannot put ${bytes} in place of "${mark}"`);
  replacement.copy(made, at);
  return made;
}
