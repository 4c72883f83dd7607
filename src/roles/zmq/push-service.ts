import type { RoleContext, RunningService } from "../../core/role.ts";
import { ZmqServer } from "../../net/zmq/server.ts";
import type { ZmqPushConfig } from "./push.ts";
import { type WorkEncoder, workEncoder } from "./work.ts";

/** @throws {StartError} */
export async function startPush(
  context: RoleContext,
  config: ZmqPushConfig,
): Promise<RunningService<ZmqPushConfig>> {
  const server = await ZmqServer.open(context, config, "push");
  server.run(() => dealOut(server, context, config));
  return server;
}

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
      const { anyPeer: conversation } = this.#server;
      const told = { text: `Sent work: ${workload}`, fields: { workload }, bytes: message };
      traffic.emit({ kind: "message", conversation, direction: "out", ...told });
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
