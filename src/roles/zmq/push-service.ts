import type { RoleContext, RunningService } from "../../core/role.ts";
import { type ZmqPeer, ZmqServer } from "../../net/zmq/server.ts";
import { messageLength } from "../../protocol/zmtp/frame.ts";
import type { ZmqPushConfig } from "./config.ts";
import { type WorkEncoder, workEncoder } from "./work.ts";

/** @throws {StartError} */
export async function startPush(
  context: RoleContext,
  config: ZmqPushConfig,
): Promise<RunningService<ZmqPushConfig>> {
  const server = await ZmqServer.open(context, config, () => ({
    type: "PUSH",
    peers: ["PULL"],
    limits: { message: 0, parts: 0, command: 4096 },
  }));
  server.run(() => distribute(server, context, config));
  return server;
}

async function distribute(server: ZmqServer, context: RoleContext, config: ZmqPushConfig): Promise<void> {
  const distributor = new WorkDistributor(server, context, config);
  while (!server.isStopping) {
    const hasSent = distributor.sendBurst();
    server.flush();
    if (!hasSent) await server.change();
    else if (distributor.pause > 0) await server.pause(distributor.pause);
    else await server.turn();
  }
}

class WorkDistributor {
  /** Milliseconds to wait after the last workload. */
  pause = 0;
  readonly #server: ZmqServer;
  readonly #context: RoleContext;
  readonly #config: ZmqPushConfig;
  readonly #encode: WorkEncoder;
  #count = 0;
  /** Whose turn it is next: workers take turns in the order in which they came. */
  #turns: Iterator<ZmqPeer> | undefined;
  /** The next workload. It is drawn once: without a worker it waits for the first one that connects. */
  #next: { readonly workload: number; readonly message: Uint8Array } | undefined;

  constructor(server: ZmqServer, context: RoleContext, config: ZmqPushConfig) {
    this.#server = server;
    this.#context = context;
    this.#config = config;
    this.#encode = workEncoder(config);
  }

  /**
   * Sends one workload; with no pause configured, as many as fit into the turn of the event loop, because an async
   * loop is slower than this one.
   * @returns false when no worker can take one now
   */
  sendBurst(): boolean {
    for (let count = 1; ; count++) {
      if (!this.#send()) return false;
      // The clock takes a good part of the time of a workload.
      if (this.pause > 0 || ((count & 31) === 0 && this.#server.isDue)) return true;
    }
  }

  #send(): boolean {
    const worker = this.#nextWorker();
    if (worker === undefined) return false;
    this.#next ??= this.#draw();
    const { workload, message } = this.#next;
    worker.connection.messages++;
    worker.send([message]);
    this.#server.count("out");
    this.#next = undefined;
    const { traffic } = this.#context;
    if (traffic.sample("message")) {
      const { conversation, connection } = worker;
      const length = messageLength([message]);
      const stream = { offset: worker.sent - length, length };
      const text = `Sent work: ${workload}`;
      const fields = { workload };
      traffic.emit({
        ...{ kind: "message", conversation, direction: "out" },
        ...{ text, fields, bytes: message, number: connection.messages, stream },
      });
    }
    const { every, workers } = this.#config;
    this.pause = every === "workload" ? (workload / workers) * 1000 : every;
    return true;
  }

  /** The next one in turn that is not full. */
  #nextWorker(): ZmqPeer | undefined {
    const { peers } = this.#server;
    for (let tried = 0; tried <= peers.size; tried++) {
      let turn = this.#turns?.next();
      if (turn === undefined || turn.done) {
        this.#turns = peers.values();
        turn = this.#turns.next();
      }
      if (turn.done) return undefined;
      if (!turn.value.isFull) return turn.value;
    }
    return undefined;
  }

  #draw(): { workload: number; message: Uint8Array } {
    const { min, max } = this.#config.workload;
    const workload = min + Math.floor(Math.random() * (max - min + 1));
    return { workload, message: this.#encode(workload, ++this.#count) };
  }
}
