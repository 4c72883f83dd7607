import { describe, expect, test } from "bun:test";
import type { TrafficEvent } from "../../src/dashboard/page/api/types.ts";
import { connectionFacts, connectionSummary } from "../../src/dashboard/page/wire/connection-facts.ts";
import { echoConversation, event, feedOf } from "./events.ts";

const factsOf = (events: Parameters<typeof feedOf>[0]) => {
  const feed = feedOf(events, { text: "nothing has this" });
  const last = events.at(-1)!;
  const shown = feedOf(events).list.rows.at(-1);
  if (shown?.is !== "event") throw new Error("there is no row");
  return Object.fromEntries(connectionFacts(last, shown.peer, feed.connections.get(last.conversation)));
};

describe("what is known of a connection", () => {
  test("is who opened it, how long it lasted, how much went each way and how it ended, shown or not", () => {
    const [open, request, reply, close] = echoConversation(1);
    const facts = factsOf([
      open!,
      { ...request!, size: 4 },
      { ...reply!, size: 10 },
      { ...close!, time: open!.time + 1500, closedBy: "client" },
    ]);
    expect(facts).toMatchObject({
      name: "echo#1",
      from: "127.0.0.1:40001",
      to: "127.0.0.1:2222, echo",
      over: "TCP",
      opened: expect.stringMatching(/^by the client, 12:\d\d:\d\d/),
      lasted: "1.500 s",
      closed: expect.stringMatching(/^by the client with FIN, 12:\d\d:\d\d\.\d{3}: the client has ended$/),
      "to the service": "4 B in 1 message",
      "from the service": "10 B in 1 message",
    });
  });

  test("says what it has not seen", () => {
    const facts = factsOf([event("time/2#7", { size: 6 })]);
    expect(facts).toMatchObject({ opened: "before this page saw it", closed: "not yet", thread: "2" });
    expect(facts.lasted).toBeUndefined();
  });

  test("says where a message lies, and whether it came in a segment of its own", () => {
    const placeOf = (stream: TrafficEvent["stream"]) =>
      factsOf([event("mqtt#1", { number: 5, stream })]).place;
    expect(placeOf({ offset: 120, length: 45, chunk: 120 })).toBe(
      "bytes 120 to 164, message 5 of this connection",
    );
    expect(placeOf({ offset: 120, length: 45, chunk: 130 })).toBe(
      "bytes 120 to 164, in more than one segment, message 5 of this connection",
    );
    expect(placeOf({ offset: 120, length: 45, chunk: 90 })).toBe(
      "bytes 120 to 164, in one segment with what came before, message 5 of this connection",
    );
    expect(placeOf({ offset: 120 })).toBe("bytes from 120 on, message 5 of this connection");
    expect(factsOf([event("udp#1", { number: 2, transport: "udp" })]).place).toBe(
      "datagram 2 of this exchange",
    );
    expect(factsOf([event("mqtt#1")]).place).toBeUndefined();
  });

  test("counts raw bytes once, though messages have them, too", () => {
    const { connections } = feedOf([
      event("echo#1", { kind: "bytes", size: 7 }),
      event("echo#1", { size: 5 }),
      event("echo#1", { kind: "bytes", size: 3 }),
    ]);
    expect(connections.get("echo#1")?.toService).toMatchObject({ messages: 1, bytes: 10 });
  });

  test("a datagram has neither begin nor end", () => {
    const facts = factsOf([event("udp#1", { transport: "udp", size: 4 })]);
    expect([facts.opened, facts.closed]).toEqual([undefined, undefined]);
  });

  test("the version of MQTT is known from CONNECT on", () => {
    const { connections } = feedOf([event("mqtt#1", { fields: { packet: "CONNECT", version: "5.0" } })]);
    expect(connections.get("mqtt#1")?.version).toBe(5);
    expect(connectionSummary(event("mqtt#9"), undefined)).toBe("mqtt#9");
  });
});
