import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { widenBacklog } from "../../../src/net/tcp/backlog.ts";

const allowed = () => Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));

test.skipIf(process.platform !== "linux" || Bun.which("ss") === null)(
  "as many connections may wait for their acceptance as the system allows",
  () => {
    const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    try {
      widenBacklog(listener);
      const { stdout } = Bun.spawnSync(["ss", "-Hltn", `sport = :${listener.port}`]);
      // State, Recv-Q, and Send-Q: of a listening socket the length of its backlog.
      expect(Number(stdout.toString().trim().split(/\s+/)[2])).toBe(allowed());
    } finally {
      listener.stop(true);
    }
  },
);

test("an object that is no listener is left alone", () => {
  expect(() => widenBacklog({})).not.toThrow();
  expect(() => widenBacklog({ fd: -1 })).not.toThrow();
});
