import { describe, expect, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

/** A PUBLISH with a payload of the given size. */
const large = (client: TestClient, size: number) => encode(client.message("a", "x".repeat(size)));

describe("keep alive [MQTT-3.1.2-22]", () => {
  const setup = (keepAlive: number) => {
    const test = new TestBroker({ sysInterval: 0 });
    const client = test.connect("a", 5, { keepAlive });
    return { test, client };
  };

  test("is extended by complete packets, not by single bytes", () => {
    const { test, client } = setup(2);
    const packet = large(client, 100);
    for (let at = 0; at < 5 && client.state === "open"; at++) {
      client.sendBytes(packet.subarray(at, at + 1));
      test.clock.advance(1000);
    }
    expect(client.state).toBe("ended");
    expect(client.next("disconnect").reasonCode).toBe(Reason.KeepAliveTimeout);
    expect(test.broker.stats().keep_alive_timeouts_total).toBe(1);
  });

  test("is extended by a large packet that keeps arriving", () => {
    const { test, client } = setup(2);
    const packet = large(client, 20_000);
    for (let at = 0; at < packet.length; at += 1500) {
      client.sendBytes(packet.subarray(at, at + 1500));
      test.clock.advance(2000);
    }
    expect(client.state).toBe("open");
    expect(test.broker.stats().messages_received_total).toBe(1);
  });

  test("is not extended by a large packet that arrives byte by byte", () => {
    const { test, client } = setup(2);
    const packet = large(client, 20_000);
    client.sendBytes(packet.subarray(0, 5000));
    for (let at = 5000; at < 5010; at++) {
      client.sendBytes(packet.subarray(at, at + 1));
      test.clock.advance(1000);
    }
    expect(client.state).toBe("ended");
  });

  test("a CONNECT that arrives byte by byte does not outlast the connect timeout", () => {
    const test = new TestBroker({ connectTimeout: "2s" });
    const client = test.open(5);
    for (const byte of Buffer.from("10ff7f00044d5154540502003c", "hex")) {
      client.sendBytes(Buffer.of(byte));
      test.clock.advance(500);
    }
    expect(client.state).toBe("ended");
  });
});

describe("partial packets of all clients together", () => {
  const limits = { sysInterval: 0, maxReceiveBuffers: 300_000 };
  const begin = (client: TestClient, size: number) =>
    client.sendBytes(large(client, 1_000_000).subarray(0, size));

  test("are limited by maxReceiveBuffers: a client that exceeds it is disconnected with 0x97", () => {
    const test = new TestBroker(limits);
    const [one, other] = [test.connect("one", 5), test.connect("other", 5)];
    begin(one, 200_000);
    expect(test.broker.stats().receive_buffer_bytes).toBe(200_000);
    begin(other, 150_000);
    expect(other.next("disconnect").reasonCode).toBe(Reason.QuotaExceeded);
    expect([one.state, other.state]).toEqual(["open", "ended"]);
    expect(test.broker.stats().receive_buffer_bytes).toBe(200_000);
    one.cut();
    expect(test.broker.stats().receive_buffer_bytes).toBe(0);
  });

  test("leave each client enough for a small packet", () => {
    const test = new TestBroker(limits);
    const [one, other] = [test.connect("one", 5), test.connect("other", 5)];
    begin(one, 299_999);
    const packet = large(other, 60_000);
    other.sendBytes(packet.subarray(0, 50_000));
    other.sendBytes(packet.subarray(50_000));
    expect(other.state).toBe("open");
    expect(test.broker.stats().messages_received_total).toBe(1);
    expect(test.broker.stats().receive_buffer_bytes).toBe(299_999);
  });
});

test("a packet that arrives in small pieces is reassembled, whatever its size", () => {
  const test = new TestBroker({ sysInterval: 0 });
  const subscriber = test.connect("subscriber");
  subscriber.subscribe("a");
  const publisher = test.connect("publisher");
  for (const size of [1, 127, 128, 65_000, 70_000, 1_500_000]) {
    const packet = large(publisher, size);
    const piece = Math.max(1, Math.floor(size / 37));
    for (let at = 0; at < packet.length; at += piece) publisher.sendBytes(packet.subarray(at, at + piece));
    expect(subscriber.messages()).toEqual([`a: ${"x".repeat(size)}`]);
  }
});
