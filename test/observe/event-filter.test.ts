import { describe, expect, test } from "bun:test";
import type { TrafficKind } from "../../src/core/traffic.ts";
import { type EventQuery, eventFilter } from "../../src/observe/event-filter.ts";
import type { RecordedEvent } from "../../src/observe/recorded-event.ts";

function event(
  service: string,
  fields: RecordedEvent["fields"] = {},
  kind: TrafficKind = "message",
): RecordedEvent {
  const remote = "10.0.0.7:4011";
  const conversation = { id: "x#1", service, transport: "tcp", local: "", remote } as const;
  return { seq: 1, time: 0, kind, conversation, fields };
}

const matches = (query: EventQuery, candidate: RecordedEvent) => eventFilter(query).matches(candidate);

describe("an event filter", () => {
  test("without a query takes everything but chunks of bytes", () => {
    expect([...eventFilter({}).kinds].sort()).toEqual(["close", "message", "open"]);
    expect(matches({}, event("echo"))).toBe(true);
    expect(matches({}, event("echo", {}, "bytes"))).toBe(false);
  });

  test("takes lists of services and kinds, spaces or not", () => {
    expect(matches({ service: "mqtt, echo" }, event("echo"))).toBe(true);
    expect(matches({ service: "mqtt" }, event("echo"))).toBe(false);
    expect(matches({ kind: "open,bytes" }, event("echo", {}, "bytes"))).toBe(true);
    expect(matches({ kind: "open,bytes" }, event("echo"))).toBe(false);
    expect(eventFilter({ service: "mqtt" }).hasService("echo")).toBe(false);
  });

  test("knows a client by its address or by its own name, whole or begun", () => {
    expect(matches({ client: "10.0.0.7" }, event("echo"))).toBe(true);
    expect(matches({ client: "10.0.0.8" }, event("echo"))).toBe(false);
    expect(matches({ client: "sensor" }, event("mqtt", { client: "sensor-1" }))).toBe(true);
    expect(matches({ client: "sensor-2" }, event("mqtt", { client: "sensor-1" }))).toBe(false);
  });

  test("matches topics as MQTT does", () => {
    expect(matches({ topic: "sister/#" }, event("mqtt", { topic: "sister/temp" }))).toBe(true);
    expect(matches({ topic: "+/humidity" }, event("mqtt", { topic: "sister/temp" }))).toBe(false);
    expect(matches({ topic: "#" }, event("mqtt"))).toBe(false);
  });

  test.each([
    [{ kind: "opne" }, 'Cannot watch events of the kind "opne": there are open, message, close, bytes'],
    [{ kind: "" }, 'Cannot watch events of the kind ""'],
    [{ topic: "a/#/b" }, 'Cannot watch the topic "a/#/b": it has "#" before its last level'],
  ])("refuses %p", (query, message) => {
    expect(() => eventFilter(query)).toThrow(message);
  });
});
