import { freePort } from "../support/free-port.ts";
import { type Contender, Lacking, type RunningServer } from "./case.ts";
import { ours } from "./distsrv.ts";
import { launch } from "./launch.ts";
import { find, mosquitto, natsServer } from "./machine.ts";
import type { Workshop } from "./workshop.ts";

/** The settings that all compared brokers share. */
export interface Limits {
  /** Bytes of the largest payload. */
  readonly payload?: number;
}

/** Limits of all brokers: messages in flight to a client, and queued for it. distsrv's own defaults. */
const inflight = 1000;
const queued = 10_000;

const small = 1_000_000;

/** By default all limits together keep the process below a gigabyte: a million of something takes more. */
const many = { maxSubscriptionBytes: "1GiB", maxRetainedBytes: "1GiB" };

export function distsrvBroker({ payload = small }: Limits = {}): Contender {
  if (payload <= small) return ours("mqtt", { config: many });
  const room = payload + 1000;
  const large = {
    maxPacketSize: room,
    sendBuffer: 2 * room,
    maxQueuedBytes: 2 * room,
    maxAllQueuedBytes: 4 * room,
  };
  return ours("mqtt", { config: large });
}

/** Everything that is acknowledged is on the disk before. */
export const durableBroker: Contender = {
  name: "distsrv",
  needs: [],
  async start(workshop) {
    const directory = await workshop.newFolder();
    return ours("mqtt", { config: { persistence: { directory } } }).start(workshop);
  },
};

/** The same broker without a disk. */
export const memoryBroker: Contender = { ...ours("mqtt"), name: "distsrv in memory" };

const count = 10_000;
const names = Array.from({ length: count }, (_, index) => `user${index}`);

/** With as many users and rules, and one rule for the clients of the load, which have no user name. */
export const ruledBroker: Contender = ours("mqtt", {
  config: {
    users: names.map((name) => ({ name, password: `${name} secret` })),
    anonymous: true,
    access: [
      ...names.map((user) => ({
        user,
        publish: `kelas/${user}/#`,
        subscribe: ["kelas/#", `!nilai/${user}/#`],
      })),
      { anonymous: true, publish: "#", subscribe: ["#", "!nilai/#"] },
    ],
  },
});

export const mosquittoBroker: Contender = mosquittoWith("mosquitto", async () => []);

/** It writes a snapshot after each second, and syncs nothing before it acknowledges. */
export const savingMosquitto: Contender = mosquittoWith("mosquitto, saving each second", async (workshop) => [
  "persistence true",
  "autosave_interval 1",
  `persistence_location ${await workshop.newFolder()}/`,
]);

function mosquittoWith(name: string, more: (workshop: Workshop) => Promise<readonly string[]>): Contender {
  return { name, needs: [mosquitto], start: (workshop) => startMosquitto(workshop, more) };
}

async function startMosquitto(
  workshop: Workshop,
  more: (workshop: Workshop) => Promise<readonly string[]>,
): Promise<RunningServer> {
  const port = freePort();
  const lines = [
    `listener ${port} 127.0.0.1`,
    ...(await more(workshop)),
    "allow_anonymous true",
    // Its own defaults, 20 and 1000, lose QoS 2 messages of a publisher that has 100 under way.
    `max_inflight_messages ${inflight}`,
    `max_queued_messages ${queued}`,
    "log_type information",
    "log_dest stderr",
  ];
  const config = await workshop.file(`${lines.join("\n")}\n`, ".conf");
  return { port, ...(await launchLogging([find("mosquitto") ?? "mosquitto", "-c", config], / running$/)) };
}

/** Its JetStream never delivers a larger message. */
const natsLargest = 32 * 1024 * 1024;

/** It speaks MQTT through a gateway, and keeps sessions and retained messages on disk. */
export function natsBroker({ payload = small }: Limits = {}): Contender {
  return {
    name: "nats-server",
    needs: [natsServer],
    async start(workshop) {
      if (payload > natsLargest) throw new Lacking(`its store takes ${natsLargest} bytes at most`);
      const port = freePort();
      const store = await workshop.newFolder();
      const lines = [
        "server_name: bench",
        "listen: 127.0.0.1:-1",
        `max_payload: ${Math.max(payload + 1000, 2 ** 20)}`,
        // Otherwise a subscriber to a million retained messages is closed as too slow.
        `max_pending: ${2 ** 30}`,
        `jetstream { store_dir: "${store}", max_mem: 4G, max_file: 8G }`,
        `mqtt { listen: "127.0.0.1:${port}", max_ack_pending: ${inflight} }`,
      ];
      const config = await workshop.file(`${lines.join("\n")}\n`, ".conf");
      const command = [find("nats-server") ?? "nats-server", "-c", config];
      return { port, ...(await launchLogging(command, /Server is ready$/)) };
    },
  };
}

/** A server that is already running. */
export const runningPeer = (name: string, port: number): Contender => ({
  name,
  needs: [],
  start: async () => ({ port, stop: async () => {} }),
});

/** Starts a server that reports on stderr that it is ready. (Through a pipe, some servers' stdout is delayed.) */
async function launchLogging(command: readonly string[], ready: RegExp) {
  const shell = ["sh", "-c", 'exec "$@" 2>&1', "sh", ...command];
  const { pid, stop } = await launch(shell, (line) => (ready.test(line) ? true : undefined));
  return { pid, stop };
}
