import { describe, expect, test } from "bun:test";
import { decode } from "../../../../src/protocol/mqtt/decode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import type { Packet } from "../../../../src/protocol/mqtt/packet.ts";
import { PublishView } from "../../../../src/protocol/mqtt/publish-view.ts";
import { encodeOwnPublish } from "../../../../src/roles/mqtt/wire/message.ts";
import { PublishRun } from "../../../../src/roles/mqtt/wire/publish-run.ts";
import { type EncodedRun, PublishVariants } from "../../../../src/roles/mqtt/wire/publish-variants.ts";

const topic = { text: "t", bytes: Buffer.from("t") };

/** A run of one message of MQTT 5 at QoS 1, and its encodings. */
function scene(payload: Uint8Array) {
  const run = new PublishRun();
  const variants = new PublishVariants(run);
  const begin = () => {
    const packet = encodeOwnPublish({ topic: "t", payload, qos: 1, retain: false, properties: {} });
    const frame = new Frame();
    const view = new PublishView();
    frame.read(packet, 0, packet.length);
    view.read(packet, 0, frame.body, frame.end, 5);
    run.begin(view, packet, true);
  };
  begin();
  return { run, variants, begin };
}

function decoded(encoded: EncodedRun, version: 4 | 5): Packet {
  encoded.setId(0, 7);
  return decode(encoded.at(0), version);
}

const message = { type: "publish", topic: "t", qos: 1, retain: false, packetId: 7 };

describe("a publication's encodings", () => {
  test("are one for all subscribers of a kind, in the bytes that came where these will do", () => {
    const { run, variants } = scene(Buffer.from("x"));
    const five = variants.encoded(topic, true, 1, false, undefined, 0);
    expect(five.bytes).toBe(run.bytes);
    expect(decoded(five, 5)).toMatchObject(message);
    const four = variants.encoded(topic, false, 1, false, undefined, 0);
    expect(decoded(four, 4)).toMatchObject(message);
    const { bytes } = four;
    expect(variants.encoded(topic, false, 1, false, undefined, 0).bytes).toBe(bytes);
    const retained = variants.encoded(topic, true, 1, true, undefined, 0);
    expect(decoded(retained, 5)).toMatchObject({ ...message, retain: true });
  });

  test("with subscription identifiers are made once for subscribers with the same that follow each other", () => {
    const { run, variants, begin } = scene(Buffer.from("x"));
    const identified = (ids: readonly number[], qos: 0 | 1 = 1, retain = false, alias = 0) =>
      variants.encoded(topic, true, qos, retain, ids, alias);
    const first = identified([1, 2]);
    expect(decoded(first, 5)).toMatchObject({ ...message, properties: { subscriptionIdentifiers: [1, 2] } });
    // A mark that encoding anew would overwrite.
    const mark = () => {
      first.bytes[first.start] = 0;
    };
    const isKept = (encoded: EncodedRun) => encoded.bytes[encoded.start] === 0;
    mark();
    expect(isKept(identified([1, 2]))).toBe(true);
    for (const [ids, qos, retain, alias] of [
      [[1, 3], 1, false, 0],
      [[1], 1, false, 0],
      [[1], 0, false, 0],
      [[1], 0, true, 0],
      [[1], 0, true, 5],
    ] as const) {
      mark();
      const encoded = identified(ids, qos, retain, alias);
      expect(isKept(encoded)).toBe(false);
      if (qos > 0) encoded.setId(0, 7);
      const properties = { subscriptionIdentifiers: ids, ...(alias > 0 && { topicAlias: alias }) };
      expect(decode(encoded.at(0), 5)).toMatchObject({ qos, retain, properties });
    }
    const other = identified([1], 0, true, 6);
    expect(decode(other.at(0), 5)).toMatchObject({ properties: { topicAlias: 6 } });
    run.clear();
    variants.clear();
    begin();
    mark();
    expect(isKept(identified([1], 0, true, 6))).toBe(false);
  });

  test("leave no more than a megabyte behind each, however large the message was", () => {
    const { run, variants } = scene(Buffer.alloc(2 * 1024 * 1024));
    const all = [
      variants.encoded(topic, true, 1, false, undefined, 0),
      variants.encoded(topic, true, 0, false, undefined, 0),
      variants.encoded(topic, false, 1, true, undefined, 0),
      variants.encoded(topic, true, 1, false, [1], 0),
      variants.withNewAlias(topic, 0, 1, false, undefined, 1),
    ];
    for (const { bytes } of all) expect(bytes.length).toBeGreaterThan(2 * 1024 * 1024);
    run.clear();
    variants.clear();
    for (const { bytes } of all) expect(bytes.length).toBeLessThanOrEqual(1024 * 1024);
  });
});
