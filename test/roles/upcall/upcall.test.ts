import { describe, expect, test } from "bun:test";
import { upcall } from "../../../src/roles/upcall/index.ts";
import { golden } from "../../support/golden.ts";
import { RawClient } from "../../support/raw-client.ts";
import { replay } from "../../support/replay.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";

describe("upcall", () => {
  test("speaks as recorded in upcall_client", async () => {
    const { port } = await startRole(upcall);
    for (const events of golden("upcall_client").connections) await replay(port, events);
  });

  test("one chunk of 2100 bytes gets one upcall", async () => {
    const { port } = await startRole(upcall);
    const client = await RawClient.connect(port);
    client.write("z".repeat(2100));
    expect(await client.text(2125)).toBe(`Upcall event: Processing ${"z".repeat(2100)}`);
  });

  test("calls every connected client unasked when it has events", async () => {
    const { port, service } = await startRole(upcall, { events: { every: "20ms", text: "event {count}" } });
    const one = await RawClient.connect(port);
    const two = await RawClient.connect(port);
    expect(await one.text(6)).toBe("event ");
    expect(await two.text(6)).toBe("event ");
    await until(() => (service.stats().events_total ?? 0) >= 4);
  });

  test("sends no events to a client that does not read, and goes on with the others", async () => {
    const text = "x".repeat(1_000_000);
    const { port, service } = await startRole(upcall, { events: { every: "10ms", text } });
    const stuck = await RawClient.connect(port);
    stuck.pause();
    const sent = () => service.stats().events_total ?? 0;
    // What the kernel takes of one event and what is queued of it; then nothing comes on top.
    await until(() => sent() >= 2);
    const reader = await RawClient.connect(port);
    let received = 0;
    reader.take((chunk) => {
      received += chunk.length;
    });
    await until(() => received >= 10 * text.length);
    const before = { received, sent: sent() };
    await until(() => received >= before.received + 20 * text.length);
    const toReader = Math.ceil((received - before.received) / text.length);
    // Some are on their way to the reader: the kernel takes megabytes. With those for the other it would be twice as many.
    expect(sent() - before.sent).toBeLessThanOrEqual(toReader + 12);
  });

  test("an event text with an unknown field is refused with the known ones", () => {
    const result = upcall.config.safeParse({ events: { text: "{nope}" } });
    expect(result.error?.issues[0]?.message).toContain("nope");
    expect(result.error?.issues[0]?.message).toContain("count");
  });
});
