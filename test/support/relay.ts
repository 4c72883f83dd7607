import { onTestFinished } from "bun:test";
import net from "node:net";

export type Side = "client" | "server";

/** Where a connection breaks, and what the server notices of it. */
export interface Cut {
  /** The side whose bytes decide. */
  readonly from: Side;
  /**
   * @returns after how many of the bytes that this side has sent the connection breaks; undefined while these are too
   * few to know
   */
  readonly at: (sent: Buffer) => number | undefined;
  /** FIN, RST, or nothing until the relay stops, as if the network were gone; the client always gets a FIN. */
  readonly server?: "end" | "reset" | "nothing";
}

/** What one connection carried: the bytes that were forwarded, and not those lost when it broke. */
export class Recording {
  readonly client: Buffer[] = [];
  readonly server: Buffer[] = [];
  isCut = false;

  from(side: Side): Buffer {
    return Buffer.concat(this[side]);
  }
}

/**
 * Stands between clients and a server on 127.0.0.1, records what each connection carries in both directions, and breaks
 * connections where it is asked to.
 */
export class Relay {
  /** In the order in which the clients connected. */
  readonly connections: Recording[] = [];
  /** One for each connection that is still to come, undefined for one that lasts; further connections last, too. */
  readonly cuts: (Cut | undefined)[] = [];
  readonly #target: number;
  readonly #sockets = new Set<net.Socket>();
  readonly #listener: net.Server;

  private constructor(target: number) {
    this.#target = target;
    this.#listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) =>
      this.#accept(client),
    );
  }

  /** Listens; everything is closed when the test ends. */
  static async start(target: number, cuts: readonly (Cut | undefined)[] = []): Promise<Relay> {
    const relay = new Relay(target);
    relay.cuts.push(...cuts);
    onTestFinished(() => relay.stop());
    await new Promise<void>((resolve) => relay.#listener.listen(0, "127.0.0.1", resolve));
    return relay;
  }

  get port(): number {
    const address = this.#listener.address();
    if (address === null || typeof address === "string") throw new Error("the relay does not listen");
    return address.port;
  }

  #accept(client: net.Socket): void {
    const server = net.connect({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => this.#sockets.delete(socket));
    }
    const recording = new Recording();
    this.connections.push(recording);
    const cut = this.cuts.shift();
    this.#forward("client", { client, server }, recording, cut);
    this.#forward("server", { client, server }, recording, cut);
  }

  #forward(from: Side, ends: Readonly<Record<Side, net.Socket>>, recording: Recording, cut?: Cut): void {
    const [source, sink] = from === "client" ? [ends.client, ends.server] : [ends.server, ends.client];
    const carry = (bytes: Buffer) => {
      if (bytes.length === 0) return;
      recording[from].push(bytes);
      if (sink.write(bytes)) return;
      source.pause();
      sink.once("drain", () => source.resume());
    };
    source.on("data", (chunk: Buffer) => {
      if (recording.isCut) return;
      const before = recording.from(from);
      const at = cut?.from === from ? cut.at(Buffer.concat([before, chunk])) : undefined;
      carry(at === undefined ? chunk : chunk.subarray(0, Math.max(0, at - before.length)));
      if (cut === undefined || at === undefined) return;
      recording.isCut = true;
      ends.client.end();
      if (cut.server === "reset") ends.server.resetAndDestroy();
      else if (cut.server !== "nothing") ends.server.end();
    });
    source.once("end", () => {
      if (!recording.isCut) sink.end();
    });
    source.once("close", () => {
      if (!recording.isCut) sink.destroy();
    });
  }

  /** Closes every connection, and listens no more. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#listener.listening) await new Promise((resolve) => this.#listener.close(resolve));
  }
}
