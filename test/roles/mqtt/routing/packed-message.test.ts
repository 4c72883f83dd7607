import { expect, test } from "bun:test";
import fc from "fast-check";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import { PublishView } from "../../../../src/protocol/mqtt/publish-view.ts";
import {
  pack,
  packedPayload,
  packedSize,
  unpack,
} from "../../../../src/roles/mqtt/routing/packed-message.ts";
import { Message } from "../../../../src/roles/mqtt/wire/message.ts";

const sample = fc.record({
  topic: fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }).filter((text) => !/[\0+#]/.test(text)),
  payload: fc.uint8Array({ maxLength: 300 }),
  qos: fc.constantFrom(0, 1, 2),
  contentType: fc.option(fc.string({ maxLength: 9 }), { nil: undefined }),
  expiry: fc.option(fc.integer({ min: 0, max: 0xffffffff }), { nil: undefined }),
  now: fc.integer({ min: 0, max: 1e9 }),
});

test("unpacking restores the packed message", () => {
  fc.assert(
    fc.property(sample, ({ topic, payload, qos, contentType, expiry, now }) => {
      const properties = {
        ...(contentType !== undefined && { contentType }),
        ...(expiry !== undefined && { messageExpiryInterval: expiry }),
      };
      const packetId = qos === 0 ? {} : { packetId: 1 };
      const flags = { type: "publish", version: 5, dup: false, retain: true } as const;
      const bytes = encode({ ...flags, topic, payload, qos: qos as 0 | 1 | 2, properties, ...packetId });
      const frame = new Frame();
      frame.read(bytes, 0, bytes.length);
      const view = new PublishView();
      view.read(bytes, 0, frame.body, frame.end, 5);
      const message = new Message({ text: topic, bytes: new TextEncoder().encode(topic) }, view, now);
      const packed = pack(message);
      const { expiresAt, ...rest } = unpack(packed);
      expect(expiresAt).toBeCloseTo(message.expiresAt, 3);
      expect({ ...rest, expiresAt: message.expiresAt }).toEqual({ ...message });
      expect(packedSize(packed)).toBe(message.size);
      expect(packedPayload(packed)).toBe(payload.length);
    }),
  );
});
