import { expect, test } from "bun:test";
import type { TrafficEvent } from "../../src/core/traffic.ts";
import { eventJson, recordEvent } from "../../src/observe/recorded-event.ts";

const conversation = {
  id: "mqtt#1",
  service: "mqtt",
  transport: "tcp",
  local: "a:1",
  remote: "b:2",
} as const;

function kept(bytes: Uint8Array, size?: number) {
  const event: TrafficEvent = {
    ...{ kind: "message", conversation, direction: "in", text: "PUBLISH", bytes },
    ...(size !== undefined && { size }),
  };
  return recordEvent(event, 1, 0);
}

test("of a message 4 KiB are kept, with the size of the whole", () => {
  expect(kept(new Uint8Array(10))).toMatchObject({ size: 10 });
  const long = kept(new Uint8Array(10_000));
  expect([long.bytes?.length, long.size]).toEqual([4096, 10_000]);
});

test("a role that emits only the beginning of a message gives its size itself", () => {
  expect(eventJson(kept(new Uint8Array(4096), 1_000_000))).toMatchObject({ size: 1_000_000 });
});

test("recorded bytes are a copy, because the network reuses its buffers", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const event = kept(bytes);
  bytes.fill(0xee);
  expect([...(event.bytes ?? [])]).toEqual([1, 2, 3]);
});

test("an event has the time at which it happened, where it says so", () => {
  for (const kind of ["open", "close"] as const) {
    expect(recordEvent({ kind, conversation, time: 5 }, 1, 7).time).toBe(5);
    expect(recordEvent({ kind, conversation }, 1, 7).time).toBe(7);
  }
});

test("a message keeps its number and its place in the stream, and sends them as JSON", () => {
  const stream = { offset: 120, length: 45, chunk: 90 };
  const event: TrafficEvent = {
    ...{ kind: "message", conversation, direction: "in", text: "PUBLISH", number: 5, stream },
  };
  expect(eventJson(recordEvent(event, 1, 0))).toMatchObject({ number: 5, stream });
  expect(eventJson(kept(new Uint8Array(1)))).not.toHaveProperty("stream");
});
