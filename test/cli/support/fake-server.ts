import { onTestFinished } from "bun:test";
import type { Socket } from "bun";

export type Peer = Socket<{ received: string }>;

/** A TCP server for one test, which defines its behaviour. */
export interface FakeServer {
  readonly port: number;
  /** How many have connected. */
  readonly connections: number;
}

export interface FakeBehaviour {
  open?(peer: Peer): void;
  /** `received`: everything of this connection so far, as Latin-1. */
  data?(peer: Peer, chunk: Uint8Array, received: string): void;
  /** Bytes that could not be written at once have been written now. */
  drain?(peer: Peer): void;
  end?(peer: Peer): void;
}

/** Listens on a free port of 127.0.0.1 until the test ends. When a peer ends, its connection is closed. */
export function fakeServer(behaviour: FakeBehaviour): FakeServer {
  let connections = 0;
  const listener = Bun.listen<{ received: string }>({
    hostname: "127.0.0.1",
    port: 0,
    allowHalfOpen: true,
    socket: {
      open(socket) {
        connections++;
        socket.data = { received: "" };
        behaviour.open?.(socket);
      },
      data(socket, chunk) {
        socket.data.received += chunk.toString("latin1");
        behaviour.data?.(socket, chunk, socket.data.received);
      },
      drain: (socket) => behaviour.drain?.(socket),
      end(socket) {
        if (behaviour.end !== undefined) behaviour.end(socket);
        else socket.end();
      },
    },
  });
  onTestFinished(() => listener.stop(true));
  return {
    port: listener.port,
    get connections() {
      return connections;
    },
  };
}

/** Answers each chunk with `prefix` and the chunk. */
export const echoing = (prefix: string): FakeBehaviour => ({
  data: (peer, chunk) => void peer.write(Buffer.concat([Buffer.from(prefix), chunk])),
});
