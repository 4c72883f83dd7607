import { isIP } from "node:net";
import type { Address } from "../../core/address.ts";
import { withDeadline } from "../../core/deadline.ts";
import { asDialError, DialError } from "../dial-error.ts";
import { resolveName } from "../resolve.ts";

export { maxDatagram } from "./server.ts";

/** A UDP socket that speaks to one server. */
export interface UdpClient {
  readonly local: Address;
  readonly remote: Address;
  /** @throws {DialError} when the operating system does not take the datagram */
  send(bytes: Uint8Array): void;
  /**
   * The next datagram of the server; aborted with the signal's reason.
   * @throws {DialError} `refused` when the host said that nobody listens there
   */
  receive(signal: AbortSignal): Promise<Uint8Array>;
  close(): void;
}

/** Opens a UDP socket connected to `host:port`; nothing is sent yet. @throws {DialError} */
export async function dialUdp(target: { readonly host: string; readonly port: number }): Promise<UdpClient> {
  const { port } = target;
  const host = isIP(target.host) > 0 ? target.host : await firstAddress(target.host, port);
  const arrived: (Uint8Array | Error)[] = [];
  let wake: (() => void) | undefined;
  const take = (news: Uint8Array | Error) => {
    arrived.push(news);
    wake?.();
  };
  const inOurWords = (error: unknown) =>
    asDialError(error, target.host, port) ?? new DialError("failed", target.host, port, { cause: error });
  const socket = await Bun.udpSocket({
    hostname: host.includes(":") ? "::" : "0.0.0.0",
    connect: { hostname: host, port },
    socket: {
      data: (_socket, data) => take(new Uint8Array(data)),
      // Bun hands the error over alone, its types say behind the socket: take the last.
      error: (...handed: unknown[]) => take(inOurWords(handed.at(-1))),
    },
  }).catch((error: unknown) => {
    throw inOurWords(error);
  });
  return {
    local: { transport: "udp", host: socket.address.address, port: socket.port },
    remote: { transport: "udp", host, port },
    send: (bytes) => {
      try {
        socket.send(bytes);
      } catch (error) {
        throw inOurWords(error);
      }
    },
    receive: async (signal) => {
      while (arrived.length === 0) {
        signal.throwIfAborted();
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await withDeadline(promise, signal);
      }
      const next = arrived.shift();
      if (next instanceof Error) throw next;
      return next ?? new Uint8Array(0);
    },
    close: () => socket.close(),
  };
}

async function firstAddress(name: string, port: number): Promise<string> {
  const [first] = await resolveName(name);
  if (first === undefined) throw new DialError("unresolved", name, port);
  return first.address;
}
