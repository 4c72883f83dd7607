import { isIP } from "node:net";
import type { Address } from "../../core/address.ts";
import { withDeadline } from "../../core/deadline.ts";
import { asDialError, DialError } from "../dial-error.ts";
import { resolveName } from "../resolve.ts";

export { maxDatagram } from "./server.ts";

/** A UDP socket connected to one server. */
export interface UdpClient {
  readonly local: Address;
  readonly remote: Address;
  /** @throws {DialError} when the operating system refuses the datagram */
  send(bytes: Uint8Array): void;
  /**
   * The next datagram of the server; rejects with the signal's reason.
   * @throws {DialError} `refused` when the host answered that the port is closed
   */
  receive(signal: AbortSignal): Promise<Uint8Array>;
  close(): void;
}

/** Opens a UDP socket connected to `host:port`; nothing is sent yet. @throws {DialError} */
export async function dialUdp(target: { readonly host: string; readonly port: number }): Promise<UdpClient> {
  const { port } = target;
  const host = isIP(target.host) > 0 ? target.host : await firstAddress(target.host, port);
  const received: (Uint8Array | Error)[] = [];
  let wake: (() => void) | undefined;
  const take = (item: Uint8Array | Error) => {
    received.push(item);
    wake?.();
  };
  const toDialError = (error: unknown) =>
    asDialError(error, target.host, port) ?? new DialError("failed", target.host, port, { cause: error });
  const socket = await Bun.udpSocket({
    hostname: host.includes(":") ? "::" : "0.0.0.0",
    connect: { hostname: host, port },
    socket: {
      data: (_socket, data) => take(new Uint8Array(data)),
      // Bun passes the error alone, against its types: take the last argument.
      error: (...args: unknown[]) => take(toDialError(args.at(-1))),
    },
  }).catch((error: unknown) => {
    throw toDialError(error);
  });
  return {
    local: { transport: "udp", host: socket.address.address, port: socket.port },
    remote: { transport: "udp", host, port },
    send: (bytes) => {
      try {
        socket.send(bytes);
      } catch (error) {
        throw toDialError(error);
      }
    },
    receive: async (signal) => {
      while (received.length === 0) {
        signal.throwIfAborted();
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await withDeadline(promise, signal);
      }
      const next = received.shift();
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
