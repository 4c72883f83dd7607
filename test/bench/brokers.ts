import { createHmac } from "node:crypto";
import { join } from "node:path";
import { freePort } from "../support/free-port.ts";
import { type Contender, Lacking, type RunningServer } from "./case.ts";
import { ours } from "./distsrv.ts";
import { launch } from "./launch.ts";
import type { Login } from "./loads.ts";
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

/** What all clients of the load log in with. */
export const login: Login = { user: "ani", password: "rahasia ani" };

/** Each client's password is checked, and the guard of logins asked. */
export const guardedBroker: Contender = ours("mqtt", {
  config: { users: [{ name: login.user, password: login.password }] },
});

/** As many bans as a file may have, of addresses and of networks, wrong logins that ban, and all limits of connections. */
export const banningBroker: Contender = ours("mqtt", {
  config: { maxConnectionsPerAddress: 10_000, listeners: [], maxConnectRate: 1_000_000 },
  settings: {
    guard: { failures: 5 },
    bans: Array.from({ length: 5000 }, (_, index) => {
      const [high, low] = [index >> 8, index & 255];
      return index % 2 === 0 ? `10.${high}.${low}.1` : `11.${high}.${low}.0/${24 + (index % 8)}`;
    }),
  },
});

/** All topics begin with a prefix that clients do not see. */
export const prefixedBroker: Contender = ours("mqtt", { config: { topicPrefix: "kelas/a/" } });

/** Somebody else lets clients in, over HTTP; their verdicts are remembered for as long as the bench takes. */
export const askingBroker: Contender = {
  name: "distsrv",
  needs: [],
  async start(workshop) {
    const service = await launch([process.execPath, join(import.meta.dir, "peers/allow-all.ts")], (line) =>
      /^listening (\d+)$/.exec(line)?.at(1),
    );
    const auth = { http: `http://127.0.0.1:${service.value}/`, cache: "1h" };
    const broker = await ours("mqtt", { config: { auth, connectTimeout: "1m" } }).start(workshop);
    return { ...broker, stop: async () => void (await Promise.all([broker.stop(), service.stop()])) };
  },
};

const secret = "a secret of the bench, which has 32 bytes and more";

/** A token for the user of `login`, in place of its password. */
export const tokenLogin: Login = { user: login.user, password: tokenFor(login.user) };

/** Tokens let clients in; each is checked by its signature. */
export const tokenBroker: Contender = ours("mqtt", {
  config: { auth: { jwt: { secret, audience: "bench" } }, connectTimeout: "1m" },
});

function tokenFor(sub: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub, aud: "bench", exp: 4_000_000_000 })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

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
