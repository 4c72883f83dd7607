import { describe, expect, test } from "bun:test";
import { Reason } from "../../../../../src/protocol/mqtt/reason.ts";
import { willMistake } from "../../../../../src/roles/mqtt/session/will.ts";
import { TestBroker } from "../../support/test-broker.ts";

const broken = Uint8Array.of(0x61, 0xc3);
const properties = { payloadFormatIndicator: 1 as const };

function setup(config: Record<string, unknown> = { checkPayloadFormat: true }) {
  const test = new TestBroker({ sysInterval: 0, ...config });
  const subscriber = test.connect("subscriber", 5);
  subscriber.subscribe("a", 2);
  return { test, subscriber, publisher: test.connect("publisher", 5) };
}

describe("a payload that is declared as UTF-8 and is not, section 3.3.2.3.2", () => {
  for (const [qos, answer] of [
    [1, "puback"],
    [2, "pubrec"],
  ] as const) {
    test(`is refused with 0x99 at QoS ${qos}, and the client stays connected`, () => {
      const { test, subscriber, publisher } = setup();
      publisher.publish("a", "", { qos, payload: broken, properties });
      expect(publisher.next(answer).reasonCode).toBe(Reason.PayloadFormatInvalid);
      expect(subscriber.take()).toEqual([]);
      // The identifier is free again: no PUBREL follows a PUBREC that refuses. [MQTT-4.3.3-9]
      publisher.publish("a", "good °C", { qos, properties });
      expect(publisher.next(answer).reasonCode).toBe(Reason.Success);
      expect(subscriber.messages()).toEqual(["a: good °C"]);
      expect(test.broker.stats().dropped_invalid_payload_total).toBe(1);
    });
  }

  test("ends the connection with 0x99 at QoS 0, which has no acknowledgement [MQTT-4.13.1-1]", () => {
    const { subscriber, publisher } = setup();
    publisher.send(
      publisher.message("a", "before"),
      publisher.message("a", "", { payload: broken, properties }),
    );
    expect(publisher.next("disconnect").reasonCode).toBe(Reason.PayloadFormatInvalid);
    expect(publisher.state).toBe("ended");
    expect(subscriber.messages()).toEqual(["a: before"]);
  });

  test("is delivered without checkPayloadFormat, and when the message does not declare it as text", () => {
    for (const [config, given] of [
      [{}, properties],
      [{ checkPayloadFormat: true }, { payloadFormatIndicator: 0 as const }],
      [{ checkPayloadFormat: true }, {}],
    ] as const) {
      const { subscriber, publisher } = setup(config);
      publisher.publish("a", "", { payload: broken, properties: given });
      expect(subscriber.next("publish").payload).toEqual(broken);
    }
  });

  test("is refused in a will, too", () => {
    const { test } = setup();
    const will = { topic: "a", payload: broken, qos: 0, retain: false, properties } as const;
    expect(willMistake(test.broker.config, will)?.reason).toBe(Reason.PayloadFormatInvalid);
    expect(willMistake(test.broker.config, { ...will, properties: {} })).toBeUndefined();
    expect(willMistake(test.broker.config, { ...will, payload: Uint8Array.of(0x61) })).toBeUndefined();
    expect(willMistake(setup({}).test.broker.config, will)).toBeUndefined();
  });
});
