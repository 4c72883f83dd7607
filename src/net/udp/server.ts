import type { Address } from "../../core/address.ts";
import { formatAddress, formatHostPort, plainHost } from "../../core/address.ts";
import { isOneAddress, parseIp } from "../../core/address-range.ts";
import { describeError } from "../../core/errors.ts";
import type { RoleContext } from "../../core/role.ts";
import type { Conversation, Direction } from "../../core/traffic.ts";
import { listenError } from "../listen-port.ts";
import { registerOwnPort, SenderRate, unansweredPort } from "./reply-guard.ts";
import { RouteAddresses } from "./route-address.ts";

export interface UdpOptions {
  readonly host: string;
  readonly port: number;
  /** Replies a second to one sender, on average; 0 for no limit. */
  readonly maxRate: number;
}

export interface UdpHandler {
  /** @returns the reply datagram, or undefined for none; valid until the next call */
  reply(datagram: Uint8Array, peer: Address): Uint8Array | undefined;
  /** What observers see of a datagram, in a line. */
  describe(direction: Direction, datagram: Uint8Array, peer: Address): string;
}

export interface UdpServer {
  readonly address: Address;
  stats(): Record<string, number>;
  stop(): Promise<void>;
}

export type UdpContext = Pick<RoleContext, "service" | "log" | "traffic" | "guards">;

/** The largest payload of a datagram over IPv4: 65535 less the IP header's 20 and the UDP header's 8 bytes. */
export const maxDatagram = 65_507;

/**
 * Datagrams answered in one turn of the event loop. Bun reads until the socket is empty before it calls anything else,
 * and a reply takes longer than a read: answered where they are read, a flood of datagrams kept all other services
 * waiting, and one that answered itself for ever.
 */
export const repliesPerTurn = 32;

/** What may wait to be answered; more are dropped, as the kernel does when its own buffer is full. */
export const maxWaiting = { datagrams: 2048, bytes: 4 * 1024 * 1024 };

/**
 * Answers datagrams. A reply that the kernel has no buffer for is dropped and counted.
 * @throws {StartError} naming the service, the port and what to change
 */
export async function listenUdp(
  context: UdpContext,
  options: UdpOptions,
  handler: UdpHandler,
): Promise<UdpServer> {
  const { service } = context;
  const { host, port } = options;
  const server = new Server(context, options, handler);
  try {
    const socket = await Bun.udpSocket({
      hostname: host,
      port,
      socket: {
        data: (_, datagram, peerPort, peerHost) => server.take(datagram, peerPort, peerHost),
        // Bun passes the error last, with or without the socket before it.
        error: (...args: unknown[]) => server.failed(args.at(-1)),
      },
    });
    server.begin(socket);
    return server;
  } catch (cause) {
    throw listenError({ service, transport: "UDP", host, port }, cause);
  }
}

interface Received {
  readonly bytes: Uint8Array;
  readonly port: number;
  /** As the kernel writes it, to reply to. */
  readonly host: string;
  /** Of all received datagrams. */
  readonly number: number;
}

class Server implements UdpServer {
  readonly #context: UdpContext;
  readonly #handler: UdpHandler;
  readonly #rate: SenderRate;
  readonly #counters = {
    received: 0,
    sent: 0,
    dropped: 0,
    unanswered: 0,
    banned: 0,
    errors: 0,
    bytesIn: 0,
    bytesOut: 0,
  };
  #address: Address;
  /** As conversations show it: with its address, where it listens on a name. */
  #local = "";
  /** Where it listens on all addresses: at which of them each peer meets it. */
  #met: RouteAddresses | undefined;
  #socket: Bun.udp.Socket<"buffer"> | undefined;
  #waiting: Received[] = [];
  #waitingBytes = 0;
  #isScheduled = false;
  #releasePort = () => {};
  #stopped: Promise<void> | undefined;

  constructor(context: UdpContext, { host, port, maxRate }: UdpOptions, handler: UdpHandler) {
    this.#context = context;
    this.#handler = handler;
    this.#rate = new SenderRate(maxRate);
    this.#address = { transport: "udp", host, port };
  }

  get address(): Address {
    return this.#address;
  }

  begin(socket: Bun.udp.Socket<"buffer">): void {
    this.#socket = socket;
    this.#address = { ...this.#address, port: socket.port };
    const { host } = this.#address;
    this.#local = formatHostPort(parseIp(host) === undefined ? socket.address.address : host, socket.port);
    if (!isOneAddress(socket.address.address)) this.#met = new RouteAddresses();
    this.#releasePort = registerOwnPort(socket.port);
  }

  /** Only notes the datagram: see `repliesPerTurn`. */
  take(datagram: Uint8Array, port: number, host: string): void {
    const counters = this.#counters;
    counters.received++;
    counters.bytesIn += datagram.length;
    const bans = this.#context.guards?.bans;
    if (bans !== undefined && !bans.isEmpty && bans.find(plainHost(host)) !== undefined) {
      counters.banned++;
      return;
    }
    const unanswered = unansweredPort(port);
    if (unanswered !== undefined) {
      this.#refuse(datagram, port, host, unanswered);
      return;
    }
    if (this.#waiting.length >= maxWaiting.datagrams || this.#waitingBytes >= maxWaiting.bytes) {
      counters.dropped++;
      return;
    }
    if (!this.#rate.take(host, port, performance.now())) {
      this.#refuse(datagram, port, host, "it has had as many replies as maxRate allows");
      return;
    }
    this.#waiting.push({ bytes: new Uint8Array(datagram), port, host, number: counters.received });
    this.#waitingBytes += datagram.length;
    this.#schedule();
  }

  failed(error: unknown): void {
    // E.g. an ICMP "port unreachable" for an earlier reply: that peer is gone, the others are still served.
    this.#counters.errors++;
    this.#context.log.debug(`A datagram failed: ${describeError(error)}`);
  }

  stats(): Record<string, number> {
    const counters = this.#counters;
    return {
      datagrams_waiting: this.#waiting.length,
      datagrams_received_total: counters.received,
      datagrams_sent_total: counters.sent,
      datagrams_dropped_total: counters.dropped,
      datagrams_unanswered_total: counters.unanswered,
      datagrams_banned_total: counters.banned,
      datagram_errors_total: counters.errors,
      bytes_received_total: counters.bytesIn,
      bytes_sent_total: counters.bytesOut,
    };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    // Datagrams that have arrived already are taken in the next turn of the event loop, and still answered.
    await new Promise((resolve) => setImmediate(resolve));
    this.#answer(this.#waiting.length);
    this.#socket?.close();
    this.#releasePort();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#answer(repliesPerTurn);
      if (this.#waiting.length > 0) this.#schedule();
    });
  }

  #answer(most: number): void {
    for (const received of this.#waiting.splice(0, most)) {
      this.#waitingBytes -= received.bytes.length;
      try {
        this.#reply(received);
      } catch (error) {
        this.failed(error);
      }
    }
  }

  #reply({ bytes, port, host, number }: Received): void {
    const peer: Address = { transport: "udp", host: plainHost(host), port };
    // A datagram and its answer are seen both, or neither.
    const group = this.#context.traffic.begin(2);
    if (group > 0) this.#emit(number, peer, "in", bytes, { group });
    const reply = this.#handler.reply(bytes, peer);
    if (reply !== undefined && this.#send(reply, port, host) && group > 0)
      this.#emit(number, peer, "out", reply, { group });
  }

  /** A datagram is a message, whole and alone: there is no connection to open or close. */
  #emit(
    number: number,
    peer: Address,
    direction: Direction,
    bytes: Uint8Array,
    { group, more = "" }: { readonly group?: number; readonly more?: string },
  ): void {
    const conversation = this.#conversation(number, peer);
    const text = this.#handler.describe(direction, bytes, peer) + more;
    this.#context.traffic.emit({
      kind: "message",
      conversation,
      direction,
      text,
      bytes,
      number: direction === "in" ? 1 : 2,
      ...(group && { group }),
    });
  }

  #send(reply: Uint8Array, port: number, host: string): boolean {
    if (this.#socket?.send(reply, port, host) !== true) {
      this.#counters.dropped++;
      return false;
    }
    this.#counters.sent++;
    this.#counters.bytesOut += reply.length;
    return true;
  }

  #refuse(bytes: Uint8Array, port: number, host: string, why: string): void {
    const { log, traffic } = this.#context;
    const count = ++this.#counters.unanswered;
    const peer: Address = { transport: "udp", host: plainHost(host), port };
    if (traffic.sample("message"))
      this.#emit(this.#counters.received, peer, "in", bytes, { more: `, not answered: ${why}` });
    // One line for the first and for every thousandth, so that a flood does not fill the log.
    if (count % 1000 !== 1) return;
    log.warning(
      `Did not answer a datagram from ${formatAddress(peer)}: ${why} (${count} not answered so far)`,
    );
  }

  #conversation(number: number, { host, port }: Address): Conversation {
    const { service } = this.#context;
    const met = this.#met?.to(host);
    return {
      id: `${service}#${number}`,
      service,
      transport: "udp",
      local: met === undefined ? this.#local : formatHostPort(met, this.#address.port),
      remote: formatHostPort(host, port),
    };
  }
}
