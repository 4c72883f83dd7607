import { expect } from "bun:test";
import type { GoldenEvent } from "./golden.ts";
import { RawClient } from "./raw-client.ts";

/**
 * Sends what the recorded client sent and expects, byte for byte, what the recorded server answered. Consecutive
 * answers are compared as one, because the packet boundaries may differ.
 */
export async function replay(port: number, events: readonly GoldenEvent[]): Promise<void> {
  const client = await RawClient.connect(port);
  let expected = Buffer.alloc(0);
  const compare = async () => {
    if (expected.length === 0) return;
    expect((await client.bytes(expected.length)).toString("latin1")).toBe(expected.toString("latin1"));
    expected = Buffer.alloc(0);
  };
  for (const event of events) {
    if (event.from === "server" && event.kind === "bytes") {
      expected = Buffer.concat([expected, event.bytes]);
      continue;
    }
    await compare();
    if (event.from === "server") await client.ended;
    else if (event.kind === "bytes") client.write(event.bytes);
    else client.end();
  }
  await compare();
  client.end();
  expect(client.received.length).toBe(0);
}
