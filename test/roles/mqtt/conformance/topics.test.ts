import { describe, expect, test } from "bun:test";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { TestBroker } from "../support/test-broker.ts";
import { subscribeTo, unsubscribeFrom, versions } from "./kit.ts";

describe.each(versions)("version %d", (version) => {
  test.each(["a/+", "#", "a/#", "+", "a+b", "a#"])(
    "a PUBLISH to %j closes the connection: wildcards are valid in filters only [MQTT-4.7.0-1] [MQTT-3.3.2-2]",
    (topic) => {
      const broker = new TestBroker();
      const other = broker.connect("other", version);
      other.subscribe("#");
      const client = broker.connect("a", version);
      client.publish(topic, "x");
      expect(client.state).toBe("ended");
      expect(other.take()).toEqual([]);
    },
  );

  test.each(["a/#/b", "a#", "#/", "+a", "a/b+", "++", "##", ""])(
    "a SUBSCRIBE to %j is refused, or closes the connection [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1]",
    (filter) => {
      const broker = new TestBroker();
      const client = broker.connect("a", version);
      client.send(subscribeTo(version, [filter]));
      const [answer] = client.take();
      if (answer?.type === "suback") expect(answer.reasonCodes).toEqual([Reason.TopicFilterInvalid]);
      else expect(client.state).toBe("ended");
      expect(broker.broker.stats().subscriptions).toBe(0);
    },
  );

  test("topics are compared exactly: no case folding, Unicode normalization or slash removal [MQTT-4.7.3-4] [MQTT-3.3.2-3]", () => {
    const broker = new TestBroker();
    const filters = [
      "é",
      "e\u0301",
      "É",
      "a",
      "a/",
      "/a",
      "a//b",
      "a/b",
      " a",
      "A",
      "\ufeffa",
      "Å",
      "\u212b",
    ];
    const clients = filters.map((filter, index) => {
      const client = broker.connect(`c${index}`, version);
      client.subscribe(filter);
      return client;
    });
    const publisher = broker.connect("publisher", version);
    for (const topic of filters) publisher.publish(topic, "x");
    expect(clients.map((client) => client.messages())).toEqual(filters.map((filter) => [`${filter}: x`]));
  });

  test("UNSUBSCRIBE compares filters character by character [MQTT-3.10.4-1]", () => {
    const broker = new TestBroker();
    const client = broker.connect("a", version);
    client.subscribe("a/+");
    client.subscribe("é");
    for (const filter of ["a/b", "a/#", "A/+", "a/+/", "e\u0301", "#"]) {
      client.send(unsubscribeFrom(version, [filter]));
      const { reasonCodes } = client.next("unsuback");
      expect(reasonCodes).toEqual(version === 5 ? [Reason.NoSubscriptionExisted] : []);
    }
    expect(broker.broker.stats().subscriptions).toBe(2);
    client.send(unsubscribeFrom(version, ["a/+", "é"]));
    client.next("unsuback");
    expect(broker.broker.stats().subscriptions).toBe(0);
  });

  test("topics that begin with $ are not matched by a leading wildcard, but by others [MQTT-4.7.2-1]", () => {
    const broker = new TestBroker({}, { permissions: { mayPublish: () => true } });
    const client = broker.connect("a", version);
    for (const filter of ["#", "+/#", "+", "+/x"]) client.subscribe(filter);
    const publisher = broker.connect("b", version);
    for (const topic of ["$", "$a/x", "$SYS/x"]) publisher.publish(topic, "x");
    expect(client.messages()).toEqual([]);
    client.subscribe("$a/+");
    client.subscribe("$/#");
    for (const topic of ["$", "$a/x", "$SYS/x"]) publisher.publish(topic, "x");
    expect(client.messages()).toEqual(["$: x", "$a/x: x"]);
  });
});
