import { expect, test } from "bun:test";
import type { Qos } from "../../../../src/protocol/mqtt/packet.ts";
import { Session } from "../../../../src/roles/mqtt/session/session.ts";
import { RecordingOutlet } from "../support/recording-outlet.ts";
import { TestBroker } from "../support/test-broker.ts";

/** A session that outlives its connection, without a connection: with an outlet that the test holds. */
function scene(window: number, config: Record<string, unknown> = {}) {
  const test = new TestBroker({ sysInterval: 0, ...config });
  const session = new Session("a", undefined, test.broker);
  session.expiry = 60_000;
  const options = { noLocal: false, retainAsPublished: false, identifier: 0 };
  session.subscribe({ filter: "t", qos: 2, ...options });
  const outlet = new RecordingOutlet();
  const attach = () => {
    session.attach(outlet, window);
    session.resume();
  };
  attach();
  const publisher = test.connect("publisher", 5);
  const publish = (qos: Qos, ...texts: string[]) =>
    publisher.send(
      ...texts.map((each, index) =>
        publisher.message("t", each, qos > 0 ? { qos, packetId: index + 1 } : {}),
      ),
    );
  return { test, session, outlet, attach, publish };
}

test("a run is sent as far as the window goes, and the rest as acknowledgements come", () => {
  const { session, outlet, publish } = scene(2);
  publish(1, "a", "b", "c", "d");
  expect(outlet.take()).toEqual(["t a qos 1 #1", "t b qos 1 #2"]);
  expect(session.queue.length).toBe(2);
  session.puback(1);
  expect(outlet.take()).toEqual(["t c qos 1 #3"]);
  session.puback(3);
  session.puback(2);
  expect(outlet.take()).toEqual(["t d qos 1 #4"]);
  expect(session.queue.length).toBe(0);
});

test("at QoS 0 a client that does not read loses messages, at QoS 1 it has them later", () => {
  const { test, session, outlet, publish } = scene(10);
  outlet.isWritable = false;
  publish(0, "a");
  publish(1, "b");
  expect(outlet.take()).toEqual([]);
  expect(test.broker.stats()).toMatchObject({ dropped_slow_total: 1, queued_messages: 0 });
  expect(session.queue.length).toBe(1);
  outlet.isWritable = true;
  session.outgoing.pump();
  expect(outlet.take()).toEqual(["t b qos 1 #1"]);
});

test("a client that is back gets first what it has not acknowledged, then its queue [MQTT-4.4.0-1]", () => {
  const { session, outlet, attach, publish } = scene(2);
  publish(2, "a", "b");
  session.pubrec(1);
  expect(outlet.take()).toEqual(["t a qos 2 #1", "t b qos 2 #2"]);
  session.detach();
  publish(1, "c");
  attach();
  expect(outlet.take()).toEqual(["pubrel #1", "t b qos 2 #2 again"]);
  session.pubcomp(1);
  expect(outlet.take()).toEqual(["t c qos 1 #3"]);
});

test("what is sent again to a client that is back takes its turns, a thousand messages in each, and then its queue", () => {
  const { test, session, outlet, attach, publish } = scene(5000, { maxInflight: 5000 });
  const texts = Array.from({ length: 2500 }, (_, index) => `${index}`);
  publish(1, ...texts);
  expect(outlet.take()).toHaveLength(2500);
  session.detach();
  publish(1, "queued");
  attach();
  const turns = [outlet.take()];
  for (let more = true; more; ) {
    more = test.clock.turn();
    turns.push(outlet.take());
  }
  expect(turns.map(({ length }) => length)).toEqual([1000, 1000, 501]);
  expect(turns.flat()).toEqual([
    ...texts.map((text, index) => `t ${text} qos 1 #${index + 1} again`),
    "t queued qos 1 #2501",
  ]);
});

test("what its client does not take is dropped and counted, at once and from the queue [MQTT-3.1.2-25]", () => {
  const { test, session, outlet, publish } = scene(1);
  outlet.maxPacketSize = 20;
  const large = "x".repeat(30);
  publish(1, large, "a", large, "b");
  expect(outlet.take()).toEqual(["t a qos 1 #1"]);
  session.puback(1);
  expect(outlet.take()).toEqual(["t b qos 1 #2"]);
  expect(test.broker.stats()).toMatchObject({ dropped_too_large_total: 2 });
});

test("what a client that is back does not take any more is not sent again; at QoS 2 its exchange is ended", () => {
  const { session, outlet, attach, publish } = scene(10);
  const large = "x".repeat(30);
  publish(2, large, "a");
  publish(1, large);
  expect(outlet.take()).toHaveLength(3);
  session.detach();
  outlet.maxPacketSize = 20;
  attach();
  // It may have the first one: until PUBCOMP its identifier is no other message's.
  expect(outlet.take()).toEqual(["pubrel #1", "t a qos 2 #2 again"]);
  expect(session.inflight.size).toBe(2);
  session.pubcomp(1);
  expect(session.inflight.size).toBe(1);
});

test("a full queue drops what comes, and counts it", () => {
  const { test, session, publish } = scene(1, { maxQueuedMessages: 2 });
  publish(1, "a", "b", "c", "d");
  expect(session.queue.length).toBe(2);
  expect(session.outgoing.dropped).toBe(1);
  expect(test.broker.stats()).toMatchObject({ dropped_queue_full_total: 1 });
});
