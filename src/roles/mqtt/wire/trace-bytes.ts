import type { Conversation, Traffic } from "../../../core/traffic.ts";
import { decodeFrame } from "../../../protocol/mqtt/decode.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { PacketType } from "../../../protocol/mqtt/packet.ts";
import { overwritten, withoutSecrets } from "../../../protocol/mqtt/redact.ts";
import type { Connection } from "../client/connection.ts";

/*
 * The broker tells its bytes itself, in place of the TCP layer, which would tell segments as they come: half a CONNECT
 * with half a password in it. Of a WebSocket it tells the stream that MQTT is, without handshake and frames.
 */

/**
 * Tells of whole packets that have been read: CONNECT and AUTH cleared of their secrets, and what is no packet not at
 * all, for it may be a password gone astray.
 */
export function tellRead(connection: Connection, bytes: Buffer, from: number, to: number): void {
  const { conversation } = connection.link;
  const frame = new Frame();
  const tell = (piece: Uint8Array) => {
    if (piece.length === 0) return;
    connection.broker.traffic.emit({ kind: "bytes", conversation, direction: "in", bytes: piece });
  };
  let plain = from;
  for (let at = from; at < to && frame.read(bytes, at, to); at = frame.end) {
    if (frame.type !== PacketType.Connect && frame.type !== PacketType.Auth) continue;
    const packet = decodeFrame(bytes, at, frame, connection.version);
    tell(bytes.subarray(plain, at));
    tell(withoutSecrets(bytes.subarray(at, frame.end), packet));
    plain = frame.end;
  }
  tell(bytes.subarray(plain, to));
}

/** Tells of bytes that go out, in a copy without the secrets if there are any. */
export function tellWritten(
  traffic: Traffic,
  conversation: Conversation,
  bytes: Uint8Array,
  secrets: readonly Uint8Array[],
): void {
  traffic.emit({ kind: "bytes", conversation, direction: "out", bytes: overwritten(bytes, secrets) });
}
