import { expect, onTestFinished, test } from "bun:test";
import { readFileSync } from "node:fs";
import { unobserved } from "../../../src/core/traffic.ts";
import { widenBacklog } from "../../../src/net/tcp/backlog.ts";
import { listenTcp } from "../../../src/net/tcp/server.ts";

/** Bun's own, which widenBacklog raises. */
const before = 512;
const allowed =
  process.platform === "linux" ? Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8")) : 0;

/** Of the socket that listens on this port. */
function backlogOf(port: number): number {
  const { stdout } = Bun.spawnSync(["ss", "-Hltn", `sport = :${port}`]);
  // State, Recv-Q, and Send-Q: of a listening socket the length of its backlog.
  return Number(stdout.toString().trim().split(/\s+/)[2]);
}

test.skipIf(allowed <= before || Bun.which("ss") === null)(
  "as many connections may wait for their acceptance as the system allows, more than Bun asks for",
  async () => {
    const log = { debug() {}, info() {}, warning() {}, error() {} };
    const context = { service: "test", log, traffic: unobserved, thread: 0, joins: false };
    const handler = { open: () => undefined, data() {} };
    const server = await listenTcp(context, { host: "127.0.0.1", port: 0 }, handler);
    onTestFinished(() => server.stop(AbortSignal.abort()));
    expect(backlogOf(server.address.port)).toBe(Math.min(allowed, 65_535));
    const bare = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    onTestFinished(() => bare.stop(true));
    // Otherwise there is no need for it any more.
    expect(backlogOf(bare.port)).toBe(before);
  },
);

test("an object that is no listener is left alone", () => {
  expect(() => widenBacklog({})).not.toThrow();
  expect(() => widenBacklog({ fd: -1 })).not.toThrow();
});
