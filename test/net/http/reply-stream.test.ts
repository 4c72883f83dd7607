import { expect, test } from "bun:test";
import { ReplyStream } from "../../../src/net/http/reply-stream.ts";
import { until } from "../../support/until.ts";

/** Takes everything. */
class Sink {
  isFull = false;
  text = "";

  write(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString();
  }
}

/** Always has more. */
const endless = (onCancel = () => {}) =>
  new ReadableStream<Uint8Array>(
    {
      pull: (controller) => controller.enqueue(Buffer.from("x")),
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );

test("a stream is sent in chunks, or as it is", async () => {
  for (const [isChunked, sent] of [
    [true, "3\r\none\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"],
    [false, "one0123456789abcdef"],
  ] as const) {
    const sink = new Sink();
    const given = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const text of ["one", "", "0123456789abcdef"]) controller.enqueue(Buffer.from(text));
        controller.close();
      },
    });
    expect(await new ReplyStream(given, isChunked, sink).send()).toBe(true);
    expect(sink.text).toBe(sent);
  }
});

test("one that always has more leaves others their turn", async () => {
  const sink = new Sink();
  const stream = new ReplyStream(endless(), false, sink);
  const sent = stream.send();
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
  stream.cancel();
  expect(await sent).toBe(false);
  expect(sink.text.length).toBeGreaterThan(0);
});

test("it waits while the client reads nothing, and is cancelled when the client leaves", async () => {
  let isCancelled = false;
  const sink = new Sink();
  sink.isFull = true;
  const stream = new ReplyStream(
    endless(() => {
      isCancelled = true;
    }),
    false,
    sink,
  );
  const sent = stream.send();
  await until(() => sink.text === "x");
  stream.drained();
  await until(() => sink.text === "xx");
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(sink.text).toBe("xx");
  stream.cancel();
  expect([await sent, isCancelled]).toEqual([false, true]);
});
