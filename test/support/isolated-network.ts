import { afterAll } from "bun:test";
import { labPorts } from "../../src/core/ports.ts";

/**
 * Creates a network namespace, in whose loopback the lab's fixed ports are free. Without the permission to create one,
 * the machine's own loopback is used.
 * @returns the prefix of commands that are to run in it
 * @throws {Error} when the machine's own loopback is used and the lab's ports are taken
 */
export function isolatedNetwork(): readonly string[] {
  const name = `distsrv-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
  if (succeeds(["ip", "netns", "add", name])) {
    afterAll(() => void succeeds(["ip", "netns", "del", name]));
    const inside = ["ip", "netns", "exec", name];
    if (succeeds([...inside, "ip", "link", "set", "lo", "up"])) return inside;
  }
  const taken = Object.entries(labPorts).filter(([service, port]) => service !== "udp" && isTaken(port));
  if (taken.length === 0) return [];
  const list = taken.map(([service, port]) => `${port} (${service})`).join(", ");
  throw new Error(
    `Cannot run the lab on its own ports: ${list} in use on 127.0.0.1. Stop what listens there, or run as root`,
  );
}

function succeeds(command: readonly string[]): boolean {
  if (Bun.which(command[0] ?? "") === null) return false;
  return Bun.spawnSync([...command], { stdin: "ignore", stdout: "ignore", stderr: "ignore" }).exitCode === 0;
}

function isTaken(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
    return false;
  } catch {
    return true;
  }
}
