import { expect, onTestFinished, test } from "bun:test";
import type { TrafficEvent } from "../../../src/core/traffic.ts";
import { eventFilter } from "../../../src/observe/event-filter.ts";
import { History } from "../../../src/observe/history.ts";
import { eventStream } from "../../../src/server/admin/event-stream.ts";

/** @returns how often an event's fields are read while so many watch, and what each of them gets */
async function watched(readers: number) {
  const history = new History();
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const streams = Array.from({ length: readers }, () =>
    eventStream({ history, filter: eventFilter({}), stopping: stop.signal, limit: 0, after: undefined }),
  );
  let reads = 0;
  const fields = Object.defineProperty({}, "topic", {
    enumerable: true,
    get: () => {
      reads++;
      return "a/b";
    },
  });
  const conversation = { id: "echo#1", service: "echo", transport: "tcp", local: "", remote: "" } as const;
  const event: TrafficEvent = { kind: "message", conversation, direction: "in", text: "halo", fields };
  history.observe(event);
  stop.abort();
  return { reads, texts: await Promise.all(streams.map((stream) => new Response(stream).text())) };
}

test("an event is encoded once, however many watch", async () => {
  const [one, many] = [await watched(1), await watched(32)];
  expect(many.reads).toBe(one.reads);
  expect(one.texts[0]).toContain('"topic":"a/b"');
  expect(new Set(many.texts).size).toBe(1);
});
