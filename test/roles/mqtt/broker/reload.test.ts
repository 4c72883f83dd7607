import { describe, expect, test } from "bun:test";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { TestBroker } from "../support/test-broker.ts";

const config = (settings: Record<string, unknown>) => mqttConfig.parse(settings);

describe("a new configuration", () => {
  test("with other limits holds at once, for connected clients, too", () => {
    const test = new TestBroker({ sysInterval: 0 });
    const client = test.connect("a", 5);
    expect(test.broker.reload(config({ sysInterval: 0, maxSubscriptions: 1, maxRetained: 0 }))).toBe(true);
    expect(client.subscribe("a")).toMatchObject({ reasonCodes: [0] });
    expect(client.subscribe("b")).toMatchObject({ reasonCodes: [0x97] });
    client.publish("b", "x", { retain: true });
    expect(test.broker.stats()).toMatchObject({ retained: 0, dropped_retained_full_total: 1 });
    expect(client.state).toBe("open");
  });

  test("starts and stops the $SYS topics", () => {
    const test = new TestBroker({ sysInterval: 0 });
    expect(test.broker.reload(config({ sysInterval: "1s" }))).toBe(true);
    expect(test.broker.retained.total).toBeGreaterThan(50);
    expect(test.broker.reload(config({ sysInterval: 0 }))).toBe(true);
    expect(test.broker.retained.total).toBe(0);
  });

  test("without a publish rate resumes throttled clients", () => {
    const test = new TestBroker({ sysInterval: 0, maxPublishRate: 1 });
    const subscriber = test.connect("subscriber");
    subscriber.subscribe("a");
    const publisher = test.connect("publisher");
    publisher.send(...Array.from({ length: 100 }, () => publisher.message("a", "x")));
    expect(subscriber.messages()).toHaveLength(1);
    expect(test.broker.reload(config({ sysInterval: 0, maxPublishRate: 0 }))).toBe(true);
    test.clock.settle();
    expect(subscriber.messages()).toHaveLength(99);
    expect(publisher.isPaused).toBe(false);
  });

  test("that allows clients more than their CONNACK did is accepted; one that allows less is not", () => {
    const test = new TestBroker({ sysInterval: 0, receiveMaximum: 10 });
    expect(test.broker.reload(config({ sysInterval: 0, receiveMaximum: 9 }))).toBe(false);
    expect(test.broker.config.receiveMaximum).toBe(10);
    expect(test.broker.reload(config({ sysInterval: 0, receiveMaximum: 11 }))).toBe(true);
    expect(test.broker.config.receiveMaximum).toBe(11);
  });

  test("without a setting that has no default takes it back", () => {
    const test = new TestBroker({ sysInterval: 0, serverReference: "lab2.example:1883" });
    const client = test.connect("a", 5);
    expect(test.broker.reload(config({ sysInterval: 0 }))).toBe(true);
    test.broker.stop();
    expect(client.next("disconnect")).toMatchObject({ reasonCode: Reason.ServerShuttingDown });
  });

  test("with another maxTopicLevels holds at once, for publishers and subscribers", () => {
    const test = new TestBroker({ sysInterval: 0 });
    const client = test.connect("a", 5);
    expect(test.broker.reload(config({ sysInterval: 0, maxTopicLevels: 2 }))).toBe(true);
    expect(client.subscribe("a/b/c")).toMatchObject({ reasonCodes: [0x8f] });
    client.publish("a/b/c", "x");
    expect(client.next("disconnect").reasonCode).toBe(0x90);
  });

  test.each([{ port: 1 }, { host: "0.0.0.0" }, { maxConnections: 7 }])(
    "with %o needs a restart, and nothing of it is applied",
    (change) => {
      const test = new TestBroker({ sysInterval: 0 });
      expect(test.broker.reload(config({ sysInterval: "1s", maxRetained: 5, ...change }))).toBe(false);
      expect(test.broker.config.maxRetained).toBe(1_000_000);
      expect(test.broker.retained.total).toBe(0);
    },
  );

  test("may bring other certificates, but not other sources of user names, of any listener", () => {
    const tls = { cert: "a", key: "b", ca: "c", requireClientCert: true };
    const settings = (own: object, listener: object) =>
      config({ sysInterval: 0, tls: own, listeners: [{ port: 1, tls: listener }] });
    const before = { tls, listeners: [{ port: 1, tls: { ...tls, usernameFrom: "cn" } }] };
    const test = new TestBroker({ sysInterval: 0, ...before });
    const byCn = { ...tls, usernameFrom: "cn" };
    expect(test.broker.reload(settings(byCn, byCn))).toBe(false);
    expect(test.broker.reload(settings(tls, { ...tls, usernameFrom: "san" }))).toBe(false);
    expect(test.broker.reload(settings(tls, tls))).toBe(false);
    expect(test.broker.reload(settings({ ...tls, cert: "d" }, { ...byCn, minVersion: "1.3" }))).toBe(true);
  });

  test("does not change the object that was passed in", () => {
    const test = new TestBroker({ sysInterval: 0 });
    const given = config({ sysInterval: 0, maxRetained: 1 });
    expect(test.broker.reload(given)).toBe(true);
    expect(test.broker.reload(config({ sysInterval: 0, maxRetained: 2 }))).toBe(true);
    expect(given.maxRetained).toBe(1);
  });
});
