import type { Conversation } from "../../protocol/conversation/conversation.ts";
import type { Place, Side } from "../../protocol/conversation/place.ts";
import type { Step } from "../../protocol/conversation/step.ts";
import { withoutSecrets as headWithoutSecrets } from "../../protocol/http/secrets.ts";
import { decodeFrame } from "../../protocol/mqtt/decode.ts";
import { MqttError } from "../../protocol/mqtt/errors.ts";
import { Frame } from "../../protocol/mqtt/frame.ts";
import { PacketType } from "../../protocol/mqtt/packet.ts";
import { withoutSecrets as packetWithoutSecrets } from "../../protocol/mqtt/redact.ts";

/** What a packet brought that was new. */
interface Payload {
  /** The beginning of it. */
  readonly bytes: Buffer;
  readonly length: number;
}

/** The same as of live traffic. */
const maxBytes = 4096;
/** Of one conversation; a step beyond its first ones has no bytes either. */
const maxPayloads = 400;
/** Of all conversations, with what it costs to keep a payload at all. */
const maxTotal = 64e6;
const overhead = 250;

const nothing: Payload = { bytes: Buffer.alloc(0), length: 0 };

/** Keeps the payloads of packets, so that the page can show the bytes of messages. */
export class PayloadLog {
  readonly #payloads = new Map<Conversation, Map<string, Payload>>();
  #left = maxTotal;

  add(conversation: Conversation, side: Side, bytes: Uint8Array, { packet }: Place): void {
    const own = this.#of(conversation);
    if (own.size === maxPayloads || this.#left <= 0) return;
    const key = keyOf(packet, side);
    // A packet that fills a gap brings what came after the gap, too.
    const { bytes: before, length } = own.get(key) ?? nothing;
    const kept = Buffer.concat([before, bytes.subarray(0, maxBytes - before.length)]);
    this.#left -= kept.length + overhead;
    own.set(key, { bytes: kept, length: length + bytes.length });
  }

  /**
   * The bytes of those messages that begin and end in one packet, which they fill with the others in it: then there can be
   * no doubt which bytes are whose. Without secrets.
   */
  messages(conversation: Conversation): Map<Step, Buffer> {
    const found = new Map<Step, Buffer>();
    const own = this.#payloads.get(conversation);
    const groups = Map.groupBy(conversation.steps.first, ({ packet, side }) => keyOf(packet, side));
    for (const [key, steps] of groups) {
      const payload = own?.get(key);
      if (payload === undefined || !fills(steps, payload.length)) continue;
      let at = 0;
      for (const step of steps) {
        if (step.event.kind !== "message") continue;
        const { length, message } = step.event;
        const bytes = payload.bytes.subarray(at, Math.min(at + length, at + maxBytes));
        const shown = bytes.length === 0 ? undefined : shownBytes(bytes, message.protocol);
        if (shown !== undefined) found.set(step, shown);
        at += length;
      }
    }
    return found;
  }

  #of(conversation: Conversation): Map<string, Payload> {
    let own = this.#payloads.get(conversation);
    if (own === undefined) {
      own = new Map();
      this.#payloads.set(conversation, own);
    }
    return own;
  }
}

const keyOf = (packet: number, side: Side): string => `${packet} ${side}`;

function fills(steps: readonly Step[], length: number): boolean {
  let sum = 0;
  for (const { event, packet } of steps) {
    if (event.kind !== "message") continue;
    if (event.firstPacket !== packet) return false;
    sum += event.length;
  }
  return sum === length;
}

/** Protocols without passwords of their own. */
const open = new Set(["TIME", "echo", "upcall", "one-way", "UDP", "DNS"]);

/** The bytes as the live traffic has them: without secrets. Undefined: nobody knows what is secret in them. */
function shownBytes(bytes: Buffer, protocol: string): Buffer | undefined {
  if (open.has(protocol)) return bytes;
  if (protocol === "MQTT") return mqttBytes(bytes);
  return ["HTTP", "SOAP", "JSON-RPC"].includes(protocol) ? httpBytes(bytes) : undefined;
}

function httpBytes(bytes: Buffer): Buffer {
  const end = bytes.indexOf("\r\n\r\n");
  const head = end === -1 ? bytes.length : end;
  return Buffer.concat([headWithoutSecrets(bytes.subarray(0, head)), bytes.subarray(head)]);
}

const withSecrets: readonly number[] = [PacketType.Connect, PacketType.Connack, PacketType.Auth];

function mqttBytes(bytes: Buffer): Buffer | undefined {
  const frame = new Frame();
  try {
    if (!frame.read(bytes, 0, bytes.length)) return undefined;
    if (!withSecrets.includes(frame.type)) return bytes;
    // That of 3.1.1 has two bytes.
    if (frame.type === PacketType.Connack && frame.end - frame.body === 2) return bytes;
    if (frame.end > bytes.length) return undefined;
    return Buffer.from(packetWithoutSecrets(bytes, decodeFrame(bytes, 0, frame, 5)));
  } catch (error) {
    if (error instanceof MqttError) return undefined;
    throw error;
  }
}
