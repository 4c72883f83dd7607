import { onTestFinished } from "bun:test";
import net from "node:net";

/** A plain TCP client that keeps what it received, for tests on raw bytes. It closes itself with its test. */
export class RawClient {
  received: Buffer = Buffer.alloc(0);
  /** Resolves when the socket is gone, by FIN from both sides or by reset. */
  readonly closed: Promise<void>;
  /** Resolves when the server has ended its side. */
  readonly ended: Promise<void>;
  readonly #socket: net.Socket;
  #wake = () => {};
  #over = false;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
      this.#wake();
    });
    socket.on("error", () => {});
    const over = (resolve: () => void) => () => {
      this.#over = true;
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

  write(data: string | Uint8Array): void {
    this.#socket.write(data);
  }

  /** Takes `count` bytes; fails when the server ends before. */
  async bytes(count: number): Promise<Buffer> {
    while (this.received.length < count) {
      if (this.#over)
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

  /** Everything until the server ends its side. */
  async all(): Promise<Buffer> {
    const chunks: Buffer[] = [this.received];
    this.take((chunk) => chunks.push(chunk));
    await this.ended;
    return Buffer.concat(chunks);
  }

  /** Hands every further chunk to `take` instead of keeping it. */
  take(take: (chunk: Buffer) => void): void {
    this.#socket.removeAllListeners("data").on("data", take);
  }

  /** Writes, and waits while the server does not read. */
  async writeAll(data: Uint8Array): Promise<void> {
    if (this.#socket.write(data)) return;
    await new Promise<void>((resolve) => this.#socket.once("drain", () => resolve()));
  }

  /** FIN: our side has said everything. */
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
