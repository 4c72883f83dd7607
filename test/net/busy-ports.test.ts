import { expect, onTestFinished, test } from "bun:test";
import { busyPorts } from "../../src/net/busy-ports.ts";
import type { ListenTarget } from "../../src/net/listen-port.ts";

/** A port that another program has, until the test is over. */
function busyPort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  onTestFinished(() => server.stop(true));
  return server.port;
}

const target = (service: string, port: number): ListenTarget => ({
  service,
  transport: "TCP",
  host: "127.0.0.1",
  port,
});

async function offered(targets: readonly ListenTarget[]): Promise<number[]> {
  const busy = await busyPorts(targets);
  return busy.map(({ error }) => Number(/--set services\.\w+\.port=(\d+)$/.exec(error.message)?.[1]));
}

test("each busy port is offered another one, and none that another service wants", async () => {
  const port = busyPort();
  // Both have the same ports beside them.
  const [first = 0, second] = await offered([target("a", port), target("b", port)]);
  expect(first).toBeGreaterThan(0);
  expect(second).not.toBe(first);
  const [other] = await offered([target("a", port), target("c", first)]);
  expect(other).not.toBe(first);
});

test("ports that are free are not told", async () => {
  expect(await busyPorts([target("a", 0)])).toEqual([]);
});
