import type { Address } from "../../core/address.ts";
import { onAbort } from "../../core/deadline.ts";
import { asError } from "../../core/errors.ts";
import type { RoleContext } from "../../core/role.ts";
import type { Conversation, Direction } from "../../core/traffic.ts";
import { bindError } from "./bind-error.ts";
import type { ZmqConfig } from "./config.ts";
import type { SocketType } from "./constants.ts";
import { ZmqContext } from "./context.ts";
import {
  connectsOverIpv6,
  endpointAddress,
  formatTcpEndpoint,
  needsIpv6,
  resolveBindEndpoint,
} from "./endpoint.ts";
import { bindSocket, clearIpcPath } from "./ipc-path.ts";
import { ZmqPeers } from "./peers.ts";
import type { Parts, ZmqSocket } from "./socket.ts";
import { type Readiness, ZmqWaiter } from "./waiter.ts";

/** What a ZeroMQ service needs of a role's context. */
export type ZmqServerContext = Pick<
  RoleContext,
  "service" | "log" | "traffic" | "thread" | "descriptors" | "fail"
>;

/** The socket of a service, with its peers, waiting, traffic events and stop. The role's one loop uses it. */
export class ZmqServer {
  readonly addresses: readonly Address[];
  readonly #context: ZmqServerContext;
  readonly #config: ZmqConfig;
  readonly #zmq: ZmqContext;
  readonly #socket: ZmqSocket;
  readonly #peers: ZmqPeers;
  readonly #waiter: ZmqWaiter;
  readonly #counters = { messagesIn: 0, messagesOut: 0, bytesIn: 0, bytesOut: 0 };
  #isStopping = false;
  #isLate = false;
  #loop: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  /** @throws {StartError} and leaves nothing behind */
  static async open(context: ZmqServerContext, config: ZmqConfig, type: SocketType): Promise<ZmqServer> {
    const targets: Targets = {
      bind: await bindEndpoints(context.service, config),
      connect: await Promise.all(config.connect.map(connectEndpoint)),
    };
    const zmq = await ZmqContext.create();
    try {
      return new ZmqServer(context, config, zmq, type, targets);
    } catch (error) {
      await zmq.terminate(AbortSignal.timeout(1000));
      throw error;
    }
  }

  private constructor(
    context: ZmqServerContext,
    config: ZmqConfig,
    zmq: ZmqContext,
    type: SocketType,
    targets: Targets,
  ) {
    this.#context = context;
    this.#config = config;
    this.#zmq = zmq;
    this.#socket = zmq.socket(type);
    configure(this.#socket, config, type);
    // Before the bind, so that no connection is missed.
    this.#peers = new ZmqPeers(zmq, this.#socket, context, config.maxConnections);
    this.addresses = targets.bind.map((endpoint) => this.#bind(endpoint));
    this.#peers.setAddresses(this.addresses);
    for (const target of targets.connect) this.#connect(target);
    // Only a thread of the service's own may block inside libzmq; others run on the main thread, too.
    this.#waiter = new ZmqWaiter(zmq.lib, [this.#socket, this.#peers.monitor], context.thread > 0);
  }

  /** The service is stopping: messages that have arrived are answered, nothing is waited for. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Runs the role's one loop. It ends by itself once `isStopping`; if it fails, so does the service. */
  run(loop: () => Promise<void>): void {
    this.#loop = loop().catch((error) => {
      if (!this.#isStopping) this.#context.fail(asError(error));
    });
  }

  /** @returns the next message, or undefined when none is there */
  receive(): Uint8Array[] | undefined {
    if (this.#isLate) return undefined;
    const parts = this.#socket.receive();
    if (parts === undefined) return undefined;
    this.#counters.messagesIn++;
    for (const part of parts) this.#counters.bytesIn += part.length;
    if (this.#context.traffic.sample("bytes")) this.#emitBytes(parts, "in", this.source());
    return parts;
  }

  /** The peer of the last received message. */
  source(): Conversation {
    return this.#peers.conversation(this.#socket.lastSource());
  }

  /** Stands for the receiver when libzmq chooses the peer. */
  get anyPeer(): Conversation {
    return this.#peers.anyPeer;
  }

  /** @returns false when it would have to wait: there is no peer, or all queues are full */
  send(bytes: Uint8Array): boolean {
    if (!this.#socket.send(bytes)) return false;
    this.#counters.messagesOut++;
    this.#counters.bytesOut += bytes.length;
    if (this.#context.traffic.sample("bytes")) this.#emitBytes([bytes], "out", this.anyPeer);
    return true;
  }

  /** As `send`, for a message of several parts; `to` is known for a reply. */
  sendParts(parts: Parts, to: Conversation = this.anyPeer): boolean {
    if (!this.#socket.sendParts(parts)) return false;
    this.#counters.messagesOut++;
    for (const part of parts) this.#counters.bytesOut += part.length;
    if (this.#context.traffic.sample("bytes")) this.#emitBytes(parts, "out", to);
    return true;
  }

  /** Resolves when the socket is ready or the service must stop. */
  async ready(readiness: Readiness): Promise<void> {
    await this.#waiter.wait([readiness, "readable"]);
    this.#peers.update();
  }

  /** Resolves after the given time, or when the service must stop. */
  async pause(milliseconds: number): Promise<void> {
    const until = performance.now() + milliseconds;
    for (let left = milliseconds; left > 0 && !this.#isStopping; left = until - performance.now()) {
      if (await this.#waiter.wait(["nothing", "readable"], left)) this.#peers.update();
    }
  }

  /** Whether a loop that never waits should call `turn` now. */
  get isDue(): boolean {
    return this.#waiter.isDue;
  }

  /** Lets the event loop run. */
  async turn(): Promise<void> {
    this.#peers.update();
    await this.#waiter.turn();
  }

  stats(): Record<string, number> {
    const { messagesIn, messagesOut, bytesIn, bytesOut } = this.#counters;
    return {
      ...this.#peers.stats(),
      messages_received_total: messagesIn,
      messages_sent_total: messagesOut,
      bytes_received_total: bytesIn,
      bytes_sent_total: bytesOut,
    };
  }

  clients(): string[] {
    return this.#peers.names();
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(deadline);
    return this.#stopped;
  }

  async #stop(deadline: AbortSignal): Promise<void> {
    this.#isStopping = true;
    this.#waiter.wake();
    // Past the deadline nothing is received any more: peers that never pause could keep the loop busy for ever.
    const forgetDeadline = onAbort(deadline, () => {
      this.#isLate = true;
    });
    await this.#loop;
    forgetDeadline();
    this.#waiter.close();
    this.#peers.close();
    this.#socket.setInt("linger", deadline.aborted ? 0 : this.#config.linger);
    if (await this.#zmq.terminate(deadline)) return;
    this.#context.log.warning("Some messages had not left when the time to stop was over");
  }

  #bind({ endpoint, key }: BindEndpoint): Address {
    try {
      if (needsIpv6(endpoint)) this.#socket.setInt("ipv6", 1);
      bindSocket(this.#socket, endpoint);
      return endpointAddress(this.#socket.lastEndpoint());
    } catch (cause) {
      throw bindError({ service: this.#context.service, endpoint, key }, cause);
    }
  }

  #connect({ endpoint, ipv6 }: ConnectEndpoint): void {
    try {
      this.#socket.setInt("ipv6", ipv6 ? 1 : 0);
      this.#socket.connect(endpoint);
    } catch (cause) {
      throw bindError({ service: this.#context.service, endpoint, key: "connect" }, cause);
    }
  }

  #emitBytes(parts: Parts, direction: Direction, conversation: Conversation): void {
    for (const bytes of parts) this.#context.traffic.emit({ kind: "bytes", conversation, direction, bytes });
  }
}

interface BindEndpoint {
  readonly endpoint: string;
  readonly key: "port" | "bind";
}

interface ConnectEndpoint {
  readonly endpoint: string;
  readonly ipv6: boolean;
}

interface Targets {
  readonly bind: readonly BindEndpoint[];
  readonly connect: readonly ConnectEndpoint[];
}

const connectEndpoint = async (endpoint: string): Promise<ConnectEndpoint> => ({
  endpoint,
  ipv6: await connectsOverIpv6(endpoint),
});

/** `host` and `port`, unless the configuration lists endpoints. */
async function bindEndpoints(service: string, config: ZmqConfig): Promise<BindEndpoint[]> {
  const { host, port, bind, connect } = config;
  const listed = bind.map((endpoint): BindEndpoint => ({ endpoint, key: "bind" }));
  const own: BindEndpoint = { endpoint: formatTcpEndpoint({ host, port }), key: "port" };
  const wanted = bind.length > 0 || connect.length > 0 ? listed : [own];
  return await Promise.all(
    wanted.map(async (target) => {
      try {
        await clearIpcPath(target.endpoint);
        return { ...target, endpoint: await resolveBindEndpoint(target.endpoint) };
      } catch (cause) {
        throw bindError({ service, ...target }, cause);
      }
    }),
  );
}

function configure(socket: ZmqSocket, config: ZmqConfig, type: SocketType): void {
  socket.setInt("sndhwm", config.sendHighWater);
  socket.setInt("rcvhwm", config.receiveHighWater);
  socket.setMaxMessageSize(config.maxMessageSize);
  // Otherwise a browser that connects to PUSH counts as a worker, and one that connects to REP costs the next client
  // its reply.
  socket.requireZmtp3();
  socket.setInt("handshakeInterval", config.handshakeTimeout);
  socket.setInt("backlog", 4096); // libzmq's default of 100 is too few when a class connects at once
  socket.setInt("tcpKeepalive", 1); // detects peers that lost power
  socket.setInt("tcpKeepaliveIdle", 60);
  if (config.heartbeat > 0) socket.setInt("heartbeatInterval", config.heartbeat);
  // Messages are queued for connected peers only, not for one that may connect later.
  if (type === "push") socket.setInt("immediate", 1);
}
