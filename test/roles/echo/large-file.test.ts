import { expect, onTestFinished, test } from "bun:test";
import { createHash } from "node:crypto";
import { startLab } from "../../support/lab.ts";
import { RawClient } from "../../support/raw-client.ts";

const size = 200_000_000;

test("200 MB through the transparent echo come back identical, also to a slow reader, in bounded memory", async () => {
  // In a process of its own, so that the memory is the server's and nobody else's.
  const lab = await startLab(`services: { file-echo: { role: echo, port: 0, reply: "{message}" } }`, {
    cleanUp: onTestFinished,
  });
  const client = await RawClient.connect(lab.port("file-echo"));
  const sent = createHash("sha256");
  const received = createHash("sha256");
  let count = 0;
  client.take((chunk) => {
    received.update(chunk);
    count += chunk.length;
    // A reader that rests now and then: the echo may not pile up for it.
    if (count % 7 === 0) {
      client.pause();
      setImmediate(() => client.resume());
    }
  });
  const before = lab.rss();
  let most = 0;
  for (let i = 0; i < 200; i++) {
    const block = Buffer.alloc(size / 200, i);
    sent.update(block);
    await client.writeAll(block);
    most = Math.max(most, lab.rss() - before);
  }
  client.end();
  await client.ended;
  expect(count).toBe(size);
  expect(received.digest("hex")).toBe(sent.digest("hex"));
  expect(most).toBeLessThan(60_000_000);
});
