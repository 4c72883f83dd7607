import type { Address } from "../../core/address.ts";
import { formatAddress, formatHostPort, plainHost } from "../../core/address.ts";
import { describeError } from "../../core/errors.ts";
import type { RoleContext } from "../../core/role.ts";
import type { Conversation } from "../../core/traffic.ts";
import { listenError } from "../listen-port.ts";

export interface UdpOptions {
  readonly host: string;
  readonly port: number;
}

/** @returns the reply datagram, or undefined for none; valid until the next turn of the event loop */
export type UdpHandler = (
  datagram: Uint8Array,
  peer: Address,
  conversation: () => Conversation,
) => Uint8Array | undefined;

export interface UdpServer {
  readonly address: Address;
  stats(): Record<string, number>;
  stop(): Promise<void>;
}

/** The largest payload of a datagram over IPv4: 65535 less the IP header's 20 and the UDP header's 8 bytes. */
export const maxDatagram = 65_507;

/**
 * Answers datagrams. A reply that the kernel has no buffer for is dropped and counted.
 * @throws {StartError} naming the service, the port and what to change
 */
export async function listenUdp(
  context: Pick<RoleContext, "service" | "log" | "traffic">,
  options: UdpOptions,
  handler: UdpHandler,
): Promise<UdpServer> {
  const { service, traffic, log } = context;
  const { host, port } = options;
  const counters = { received: 0, sent: 0, dropped: 0, errors: 0, bytesIn: 0, bytesOut: 0 };
  let address: Address = { transport: "udp", host, port };
  let stopped = false;

  const receive = (socket: { send: Send }, datagram: Uint8Array, peerPort: number, sender: string) => {
    const peerHost = plainHost(sender);
    counters.received++;
    counters.bytesIn += datagram.length;
    const peer: Address = { transport: "udp", host: peerHost, port: peerPort };
    let known: Conversation | undefined;
    const conversation = () => {
      known ??= {
        id: `${service}#${counters.received}`,
        service,
        transport: "udp",
        local: formatAddress(address),
        remote: formatHostPort(peerHost, peerPort),
      };
      return known;
    };
    if (traffic.sample("open")) traffic.emit({ kind: "open", conversation: conversation() });
    if (traffic.sample("bytes")) {
      traffic.emit({ kind: "bytes", conversation: conversation(), direction: "in", bytes: datagram });
    }
    const reply = handler(datagram, peer, conversation);
    if (reply !== undefined) {
      if (socket.send(reply, peerPort, sender)) {
        counters.sent++;
        counters.bytesOut += reply.length;
        if (traffic.sample("bytes")) {
          traffic.emit({ kind: "bytes", conversation: conversation(), direction: "out", bytes: reply });
        }
      } else counters.dropped++;
    }
    if (traffic.sample("close")) traffic.emit({ kind: "close", conversation: conversation() });
  };

  const fail = (error: unknown) => {
    // E.g. an ICMP "port unreachable" for an earlier reply: that peer is gone, the others are still served.
    counters.errors++;
    log.debug(`A datagram failed: ${describeError(error)}`);
  };

  try {
    const socket = await Bun.udpSocket({
      hostname: host,
      port,
      socket: {
        data(socket, datagram, peerPort, peerHost) {
          try {
            receive(socket, datagram, peerPort, peerHost);
          } catch (error) {
            fail(error);
          }
        },
        // Bun passes the error last, with or without the socket before it.
        error: (...args: unknown[]) => fail(args.at(-1)),
      },
    });
    address = { ...address, port: socket.port };
    return {
      address,
      stats: () => ({
        datagrams_received_total: counters.received,
        datagrams_sent_total: counters.sent,
        datagrams_dropped_total: counters.dropped,
        datagram_errors_total: counters.errors,
        bytes_received_total: counters.bytesIn,
        bytes_sent_total: counters.bytesOut,
      }),
      async stop() {
        if (stopped) return;
        stopped = true;
        // Datagrams that have arrived already are answered in the next turn of the event loop.
        await new Promise((resolve) => setImmediate(resolve));
        socket.close();
      },
    };
  } catch (cause) {
    throw listenError({ service, transport: "UDP", host, port }, cause);
  }
}

type Send = (data: Uint8Array, port: number, address: string) => boolean;
