import { expect, test } from "bun:test";
import type { TrafficEvent } from "../../../../src/core/traffic.ts";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import { connack, connect, packet, publish, subscribe } from "../../../support/mqtt-packets.ts";
import { RawClient } from "../../../support/raw-client.ts";
import { startRole } from "../../../support/start-role.ts";

/** What a capture would have of the events: each chunk of bytes by its packets' types, and the ends. */
const stepsOf = (events: readonly TrafficEvent[]): string[] =>
  events.flatMap((event) => {
    if (event.kind === "bytes") return [`${event.direction} ${event.bytes[0]! >> 4} at ${event.offset}`];
    return event.kind === "half-close" ? [`FIN of the ${event.closedBy}`] : [];
  });

test("observers see DISCONNECT before the FIN that answers it", async () => {
  const { port, events } = await startRole(mqtt, {}, { observe: ["bytes", "half-close"] });
  const client = await RawClient.connect(port);
  client.write(connect("ani"));
  await client.bytes(connack.length);
  const last = publish("sister/temp", "28");
  client.write(Buffer.concat([last, packet(0xe0)]));
  await client.ended;
  const first = connect("ani").length;
  expect(stepsOf(events)).toEqual(["in 1 at 0", "out 2 at 0", `in 3 at ${first}`, "FIN of the service"]);
});

test("observers see a request before an answer that is too long to wait for the end of the turn", async () => {
  const { port, events } = await startRole(mqtt, {}, { observe: ["bytes"] });
  const client = await RawClient.connect(port);
  const retained = publish("large", Buffer.alloc(300_000), 0x31);
  client.write(Buffer.concat([connect("ani"), retained]));
  await client.bytes(connack.length);
  client.write(subscribe("large"));
  const suback = 5;
  await client.bytes(suback + retained.length);
  const asked = stepsOf(events).indexOf(`in 8 at ${connect("ani").length + retained.length}`);
  const answered = stepsOf(events).indexOf(`out 9 at ${connack.length}`);
  expect(asked).toBeGreaterThan(0);
  expect(answered).toBeGreaterThan(asked);
});

test("observers see a CONNECT before the end of the connection that it takes over", async () => {
  const { port, events } = await startRole(mqtt, {}, { observe: ["bytes", "half-close"] });
  const first = await RawClient.connect(port);
  first.write(connect("ani"));
  await first.bytes(connack.length);
  const second = await RawClient.connect(port);
  second.write(connect("ani"));
  await second.bytes(connack.length);
  await first.ended;
  expect(stepsOf(events)).toEqual([
    "in 1 at 0",
    "out 2 at 0",
    "in 1 at 0",
    "FIN of the service",
    "out 2 at 0",
  ]);
});
