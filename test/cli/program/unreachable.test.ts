import { expect, test } from "bun:test";
import { distcli } from "../../support/own-programs.ts";
import { run } from "../../support/program.ts";

/** Runs distcli in a network of its own, which has a loopback and routes that lead nowhere. */
const routes = [
  "ip link set lo up",
  "ip route add unreachable 10.1.2.0/24",
  "ip route add prohibit 10.1.3.0/24",
  'exec "$@"',
].join(" && ");
const isolated = (...command: readonly string[]) => ["unshare", "-n", "sh", "-c", routes, "sh", ...command];

const canIsolate =
  Bun.which("unshare") !== null && Bun.spawnSync(isolated("true"), { stderr: "ignore" }).exitCode === 0;

const commands: readonly (readonly string[])[] = [
  ["time", "HOST"],
  ["udp", "HOST", "halo"],
  ["rest", "HOST"],
  ["mqtt", "sub", "HOST", "-t", "a"],
  ["zmq", "req", "HOST"],
  ["expect", "http", "HOST"],
  ["watch", "HOST"],
];

/** Runs a command against each kind of host. */
async function reportEach(command: readonly string[]): Promise<void> {
  for (const [host, code] of [
    ["10.9.9.9", "unreachable"],
    ["10.1.2.3", "no-route"],
    ["10.1.3.3", "forbidden"],
    ["127.0.0.1", "refused"],
  ]) {
    const words = command.map((word) => (word === "HOST" ? String(host) : word));
    const { stderr, status } = await run(isolated(...distcli, ...words, "--json"));
    const { error } = JSON.parse(stderr);
    expect({ words, code: error.code, status }).toEqual({ words, code: `connection-${code}`, status: 1 });
  }
}

test.skipIf(!canIsolate)(
  "no network, no route and a forbidden one are not called a refusal, by any command [needs root and unshare]",
  async () => {
    // The processor's cores start several programs at once.
    await Promise.all(commands.map(reportEach));
  },
  60_000,
);
