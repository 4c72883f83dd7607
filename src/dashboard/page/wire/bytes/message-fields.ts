import type { Version } from "../../../../protocol/mqtt/packet.ts";
import type { TrafficEvent } from "../../api/types.ts";
import { type ByteField, shownText } from "./byte-field.ts";
import { httpFields } from "./http-fields.ts";
import { mqttFields } from "./mqtt-fields.ts";
import { lineFields } from "./text-fields.ts";

/** What a message alone does not say. */
export interface MessageContext {
  /** The role of its service. */
  readonly role?: string | undefined;
  /** The version of MQTT that its connection speaks. */
  readonly version?: Version | undefined;
}

/** The fields of a message and where they stand in its bytes; of an unknown protocol all of it is the payload. */
export function messageFields(
  event: TrafficEvent,
  bytes: Uint8Array,
  context: MessageContext = {},
): readonly ByteField[] {
  const fields = event.kind === "message" && bytes.length > 0 ? decode(event, bytes, context) : [];
  if (fields.length > 0 || bytes.length === 0) return fields;
  return [{ layer: "Payload", name: "payload", value: shownText(bytes), from: 0, to: bytes.length }];
}

function decode(event: TrafficEvent, bytes: Uint8Array, { role, version }: MessageContext): ByteField[] {
  const { fields, size } = event;
  if (fields?.packet !== undefined) {
    const payloadSize = typeof fields.size === "number" ? fields.size : undefined;
    const reasons = typeof fields.reasons === "string" ? fields.reasons.split("; ").length : undefined;
    return mqttFields(bytes, { version, payloadSize, size, reasons });
  }
  if (event.transport === "http") return httpFields(bytes, role === "jsonrpc");
  if (role === "time") return lineFields(bytes, "TIME", event.direction === "out" ? "reply" : "request");
  return [];
}

/** The field that a byte belongs to: the innermost one. */
export function fieldAt(fields: readonly ByteField[], at: number): ByteField | undefined {
  let found: ByteField | undefined;
  for (const field of fields) {
    const isIn = field.from <= at && at < field.to;
    if (isIn && (found === undefined || field.to - field.from < found.to - found.from)) found = field;
  }
  return found;
}
