import { readFileSync } from "node:fs";
import { missingOn, refusalOf } from "./machine.ts";

/** A machine of a test network: a network namespace with one address. */
export interface Machine {
  readonly address: string;
  /** The beginning of a command that runs in it. */
  readonly inside: readonly string[];
  /** Takes its cable out, and puts it back. */
  cut(): void;
  restore(): void;
  /** Loses a share of the packets that come to it, 0 to 1. Until `heal`. */
  lose(share: number): void;
  /** Makes its cable slow in both directions, in the words of tc-netem(8): `20ms 5ms`. Until `heal`. */
  delay(...netem: string[]): void;
  heal(): void;
}

/** Machines on one switch, as in a lab. */
export interface Network {
  readonly machines: readonly Machine[];
  /** Ends every process in it and removes it, whatever state it is in. */
  remove(): void;
}

/**
 * Creates machines with these addresses of a /24 network, joined by a bridge in a namespace of its own: nothing of it
 * is visible to this machine or reachable from it, and the other way round.
 * @throws {Error} when the machine forbids it; nothing is left behind
 */
export function createNetwork(addresses: readonly string[]): Network {
  const id = `distsrv-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
  const namespaces = [`${id}-switch`, ...addresses.map((_, i) => `${id}-${i + 1}`)];
  const [bridge = ""] = namespaces;
  const remove = () => namespaces.forEach(removeNamespace);
  try {
    for (const name of namespaces) ip("netns", "add", name);
    for (const name of namespaces) ip("-n", name, "link", "set", "lo", "up");
    ip("-n", bridge, "link", "add", "bridge", "type", "bridge");
    ip("-n", bridge, "link", "set", "bridge", "up");
    const machines = addresses.map((address, i) =>
      plugIn(bridge, `port${i + 1}`, namespaces[i + 1] ?? "", address),
    );
    return { machines, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

function plugIn(bridge: string, port: string, namespace: string, address: string): Machine {
  ip("-n", bridge, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", namespace);
  ip("-n", bridge, "link", "set", port, "master", "bridge", "up");
  ip("-n", namespace, "address", "add", `${address}/24`, "dev", "eth0");
  ip("-n", namespace, "link", "set", "eth0", "up");
  const ends = [
    { namespace: bridge, device: port },
    { namespace, device: "eth0" },
  ];
  const inside = ["ip", "netns", "exec", namespace];
  return {
    address,
    inside,
    cut: () => ip("-n", bridge, "link", "set", port, "down"),
    restore: () => ip("-n", bridge, "link", "set", port, "up"),
    lose: (share) => must([...inside, ...lossRule(share)]),
    delay(...netem) {
      for (const { namespace, device } of ends)
        must(["tc", "-n", namespace, "qdisc", "replace", "dev", device, "root", "netem", "delay", ...netem]);
    },
    heal() {
      refusalOf([...inside, "iptables", "--flush", "INPUT"]);
      for (const { namespace, device } of ends)
        refusalOf(["tc", "-n", namespace, "qdisc", "del", "dev", device, "root"]);
    },
  };
}

const lossRule = (share: number) => {
  const statistic = ["-m", "statistic", "--mode", "random", "--probability", String(share)];
  return ["iptables", "--append", "INPUT", ...statistic, "--jump", "DROP"];
};

/** Ends the processes in a namespace and removes it. Does nothing when there is none. */
function removeNamespace(name: string): void {
  for (const pid of processesIn(name)) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
  refusalOf(["ip", "netns", "del", name]);
}

/** Processes whose network is this namespace, each with its command line. */
export function processesIn(namespace: string): number[] {
  const { stdout } = Bun.spawnSync(["ip", "netns", "pids", namespace], { stderr: "ignore" });
  return stdout.toString().split("\n").filter(Boolean).map(Number);
}

/** The process with this program in a machine. */
export function processOf({ inside }: Pick<Machine, "inside">, program: string): number | undefined {
  return processesIn(inside.at(-1) ?? "").find((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] === program;
    } catch {
      return false;
    }
  });
}

const ip = (...words: string[]): void => must(["ip", ...words]);

function must(command: readonly string[]): void {
  const refusal = refusalOf(command);
  if (refusal !== undefined) throw new Error(refusal);
}

/** Why there can be no such network here; undefined when there can. */
export function networkRefusal(): string | undefined {
  const missing = missingOn({ ip: "iproute2" });
  if (missing !== undefined) return missing;
  try {
    createNetwork(["172.16.16.101"]).remove();
    return undefined;
  } catch (error) {
    return `needs network namespaces: ${error instanceof Error ? error.message : error}`;
  }
}

/** Why packets cannot be lost here; undefined when they can. */
export function lossRefusal(): string | undefined {
  return refusalWith({ iptables: "iptables" }, "the kernel's xt_statistic", (machine) => machine.lose(0.1));
}

/** Why packets cannot be delayed here; undefined when they can. */
export function delayRefusal(): string | undefined {
  return refusalWith({ tc: "iproute2" }, "the kernel's sch_netem", (machine) => machine.delay("1ms"));
}

function refusalWith(
  commands: Readonly<Record<string, string>>,
  what: string,
  impair: (machine: Machine) => void,
): string | undefined {
  const missing = missingOn(commands);
  if (missing !== undefined) return missing;
  const network = createNetwork(["172.16.16.101"]);
  try {
    for (const machine of network.machines) impair(machine);
    return undefined;
  } catch (error) {
    return `needs ${what}: ${String(error).split(": ").at(-1)}`;
  } finally {
    network.remove();
  }
}
