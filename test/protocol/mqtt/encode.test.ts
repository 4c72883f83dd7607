import { expect, test } from "bun:test";
import { encode, encodeWithin } from "../../../src/protocol/mqtt/encode.ts";
import type { Packet, Properties } from "../../../src/protocol/mqtt/packet.ts";

const disconnect = (properties: Properties): Packet => ({
  type: "disconnect",
  version: 5,
  reasonCode: 0x81,
  properties,
});

const wordy: Properties = { reasonString: "because", userProperties: [["a", "b"]] };

test("a packet that fits is whole", () => {
  const packet = disconnect(wordy);
  const whole = encode(packet);
  expect(encodeWithin(whole.length, packet)).toEqual(whole);
});

test("one that is too large loses its reason string and its user properties, and nothing else [MQTT-3.14.2-3] [MQTT-3.14.2-4] [MQTT-3.2.2-19] [MQTT-3.2.2-20]", () => {
  const bare = { serverReference: "b" };
  const packet = disconnect({ ...bare, ...wordy });
  const limit = encode(packet).length - 1;
  expect(encodeWithin(limit, packet)).toEqual(encode(disconnect(bare)));
  const connack = { type: "connack", version: 5, sessionPresent: false, reasonCode: 0 } as const;
  const offer = { ...connack, properties: { receiveMaximum: 7 } };
  const wordyOffer = { ...connack, properties: { receiveMaximum: 7, ...wordy } };
  expect(encodeWithin(encode(offer).length, wordyOffer)).toEqual(encode(offer));
});

test("one that is too large even so is none", () => {
  const packet = disconnect({ ...wordy, serverReference: "b" });
  const least = encode(disconnect({ serverReference: "b" })).length;
  expect(encodeWithin(least - 1, packet)).toBeUndefined();
  expect(encodeWithin(1, { type: "pingresp", version: 5 })).toBeUndefined();
});

test("a message keeps the user properties of its sender, or is none", () => {
  const packet: Packet = {
    type: "publish",
    version: 5,
    dup: false,
    qos: 0,
    retain: false,
    topic: "t",
    payload: new Uint8Array(),
    properties: { userProperties: [["a", "b"]] },
  };
  expect(encodeWithin(encode(packet).length - 1, packet)).toBeUndefined();
});
