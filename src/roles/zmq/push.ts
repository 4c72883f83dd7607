import { z } from "zod";
import { labPorts } from "../../core/ports.ts";
import type { Role, RoleContext } from "../../core/role.ts";
import { duration, host, port } from "../../core/schema.ts";
import { zmqFields } from "../../net/zmq/config.ts";
import { ZmqServer } from "../../net/zmq/server.ts";
import { exampleEndpoint, template, zone } from "./fields.ts";
import { type WorkEncoder, workEncoder, workFields } from "./work.ts";

const workload = z
  .strictObject({
    min: z.int().min(0).max(1_000_000_000).default(1).describe("Smallest workload."),
    max: z.int().min(0).max(1_000_000_000).default(100).describe("Largest workload."),
  })
  .refine(({ min, max }) => min <= max, { error: "must have a min that is not above its max" })
  .default({ min: 1, max: 100 })
  .describe("Each workload is drawn from these, both included.");

export const zmqPushConfig = z.strictObject({
  host,
  port: port(labPorts["zmq-push"]),
  workload,
  workers: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(5)
    .describe("Workers that share the work: the pause after a workload is workload / workers seconds."),
  every: z
    .union([z.literal("workload"), duration("1s")])
    .default("workload")
    .describe("Pause after each message: workload, as above, or a duration such as 100ms; 0 for none."),
  encoding: z
    .enum(["pickle", "json", "text"])
    .default("pickle")
    .describe("pickle: the integer as Python pickles it; json: as a JSON number; text: the message below."),
  message: template("{workload}", workFields).describe(
    "The message of encoding text, with {workload}, {count} and {time} in it.",
  ),
  zone,
  ...zmqFields,
});

export type ZmqPushConfig = z.infer<typeof zmqPushConfig>;

export const zmqPush: Role<ZmqPushConfig> = {
  name: "zmq-push",
  summary: "ZeroMQ PUSH: deals out workloads to workers",
  config: zmqPushConfig,
  example: (_, addresses) => `distcli zmq pull ${exampleEndpoint(addresses)} --worker 1`,
  threads: () => 1,
  async start(context, config) {
    const server = await ZmqServer.open(context, config, "push");
    server.run(() => dealOut(server, context, config));
    return server;
  },
};

async function dealOut(server: ZmqServer, context: RoleContext, config: ZmqPushConfig): Promise<void> {
  const dealer = new Dealer(server, context, config);
  while (!server.isStopping) {
    if (!dealer.dealBurst()) await server.ready("writable");
    else if (dealer.pause > 0) await server.pause(dealer.pause);
    else await server.turn();
  }
}

class Dealer {
  /** Milliseconds to wait after the last workload. */
  pause = 0;
  readonly #server: ZmqServer;
  readonly #context: RoleContext;
  readonly #config: ZmqPushConfig;
  readonly #encode: WorkEncoder;
  #count = 0;
  /** Drawn is drawn: without a worker this very workload waits for the first that comes. */
  #drawn: { readonly workload: number; readonly message: Uint8Array } | undefined;

  constructor(server: ZmqServer, context: RoleContext, config: ZmqPushConfig) {
    this.#server = server;
    this.#context = context;
    this.#config = config;
    this.#encode = workEncoder(config);
  }

  /**
   * One workload; with no pause between them as many as there is time for, as the loop of an async function is
   * slower than this one.
   * @returns false when a worker has to be waited for
   */
  dealBurst(): boolean {
    do {
      if (!this.#deal()) return false;
    } while (this.pause === 0 && !this.#server.isDue);
    return true;
  }

  #deal(): boolean {
    this.#drawn ??= this.#draw();
    const { workload, message } = this.#drawn;
    if (!this.#server.send(message)) return false;
    this.#drawn = undefined;
    const { traffic } = this.#context;
    if (traffic.wants("message")) {
      const text = `Sent work: ${workload}`;
      traffic.emit({ kind: "message", conversation: this.#server.anyPeer, direction: "out", text });
    }
    const { every, workers } = this.#config;
    this.pause = every === "workload" ? (workload / workers) * 1000 : every;
    return true;
  }

  #draw(): { workload: number; message: Uint8Array } {
    const { min, max } = this.#config.workload;
    const workload = min + Math.floor(Math.random() * (max - min + 1));
    return { workload, message: this.#encode(workload, ++this.#count) };
  }
}
