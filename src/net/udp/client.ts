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
  /** Datagrams left out because too many were waiting for `receive`. */
  readonly dropped: number;
  /**
   * The next datagram of the server; rejects with the signal's reason.
   * @throws {DialError} `refused` when the host answered that the port is closed
   */
  receive(signal: AbortSignal): Promise<Uint8Array>;
  /** What has come by now and was not received yet. @throws {DialError} as `receive` does */
  arrived(): Promise<Uint8Array[]>;
  close(): void;
}

/** What may wait for `receive`; the kernel, too, drops the newest when its buffer is full. */
const [maxWaiting, maxWaitingBytes] = [1000, 4 * 1024 * 1024];

/** Opens a UDP socket connected to `host:port`; nothing is sent yet. @throws {DialError} */
export async function dialUdp(target: { readonly host: string; readonly port: number }): Promise<UdpClient> {
  const { port } = target;
  const host = isIP(target.host) > 0 ? target.host : await firstAddress(target.host, port);
  const received: (Uint8Array | Error)[] = [];
  let waitingBytes = 0;
  let dropped = 0;
  let wake: (() => void) | undefined;
  const take = (item: Uint8Array | Error) => {
    if (received.length >= maxWaiting || waitingBytes >= maxWaitingBytes) {
      dropped++;
      return;
    }
    received.push(item);
    waitingBytes += sizeOf(item);
    wake?.();
  };
  const next = (): Uint8Array => {
    const first = received.shift() ?? new Uint8Array(0);
    waitingBytes -= sizeOf(first);
    if (first instanceof Error) throw first;
    return first;
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
    get dropped() {
      return dropped;
    },
    receive: async (signal) => {
      while (received.length === 0) {
        signal.throwIfAborted();
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        await withDeadline(promise, signal);
      }
      return next();
    },
    arrived: async () => {
      await new Promise(setImmediate); // what the kernel holds is read once the event loop has turned
      return received.slice().map(next);
    },
    close: () => socket.close(),
  };
}

const sizeOf = (item: Uint8Array | Error): number => (item instanceof Error ? 0 : item.length);

async function firstAddress(name: string, port: number): Promise<string> {
  const [first] = await resolveName(name);
  if (first === undefined) throw new DialError("unresolved", name, port);
  return first.address;
}
