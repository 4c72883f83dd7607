import { onTestFinished } from "bun:test";
import net from "node:net";

/** A TCP client that buffers what it receives, for tests on raw bytes. It is closed at the end of its test. */
export class RawClient {
  received: Buffer = Buffer.alloc(0);
  /** Resolves when the socket is closed, by FIN from both sides or by a reset. */
  readonly closed: Promise<void>;
  /** Resolves when the server has sent FIN, or the socket is closed. */
  readonly ended: Promise<void>;
  readonly #socket: net.Socket;
  #wake = () => {};
  #isOver = false;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
      this.#wake();
    });
    socket.on("error", () => {});
    const over = (resolve: () => void) => () => {
      this.#isOver = true;
      this.#wake();
      resolve();
    };
    this.ended = new Promise((resolve) => {
      socket.once("end", over(resolve));
      socket.once("close", over(resolve));
    });
    this.closed = new Promise((resolve) => socket.once("close", over(resolve)));
  }

  static async connect(port: number, host = "127.0.0.1"): Promise<RawClient> {
    const socket = net.connect({ port, host, allowHalfOpen: true });
    const client = new RawClient(socket);
    onTestFinished(() => void socket.destroy());
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", () => resolve());
      socket.once("error", reject);
    });
    socket.setNoDelay(true);
    return client;
  }

  /** Connects to a server that closes the connection at once; the reset may come before the connection is noticed. */
  static async turnedAway(port: number): Promise<void> {
    const client = await RawClient.connect(port).catch(() => undefined);
    await client?.closed;
  }

  write(data: string | Uint8Array): void {
    this.#socket.write(data);
  }

  /** Reads `count` bytes; fails when the server closes before. */
  async bytes(count: number): Promise<Buffer> {
    while (this.received.length < count) {
      if (this.#isOver)
        throw new Error(`ended after ${this.received.length} of ${count} bytes: ${this.received}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const taken = this.received.subarray(0, count);
    this.received = this.received.subarray(count);
    return taken;
  }

  async text(count: number): Promise<string> {
    return (await this.bytes(count)).toString("utf8");
  }

  /** Reads everything until the server sends FIN. */
  async all(): Promise<Buffer> {
    const chunks: Buffer[] = [this.received];
    this.take((chunk) => chunks.push(chunk));
    await this.ended;
    return Buffer.concat(chunks);
  }

  /** Passes every further chunk to `take` instead of buffering it. */
  take(take: (chunk: Buffer) => void): void {
    this.#socket.removeAllListeners("data").on("data", take);
  }

  /** Writes, and waits while the server does not read. */
  async writeAll(data: Uint8Array): Promise<void> {
    if (this.#socket.write(data)) return;
    await new Promise<void>((resolve) => this.#socket.once("drain", () => resolve()));
  }

  /** Sends FIN. */
  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}
