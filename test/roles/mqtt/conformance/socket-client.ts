import net from "node:net";
import { decode } from "../../../../src/protocol/mqtt/decode.ts";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import type { Packet, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { ModelClient } from "./model-client.ts";

/** A conforming MQTT client on TCP, which connects again whenever its connection breaks. */
export class SocketClient extends ModelClient {
  readonly #port: number;
  readonly #pause: number;
  #socket: net.Socket | undefined;
  #isStopped = false;

  /** Connects. @param pause before it connects again, in milliseconds; 0: at once */
  constructor(port: number, clientId: string, version: Version, window: number, pause = 0) {
    super(clientId, version, window);
    this.#port = port;
    this.#pause = pause;
    this.#connect();
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  stop(): void {
    this.#isStopped = true;
    this.#socket?.destroy();
  }

  /** Connects anew while the old connection is still there: the broker has to take the session over. */
  takeOver(): void {
    const old = this.#socket;
    this.#socket = undefined;
    this.#connect();
    // What the old one still brings is none of the new one's.
    old?.removeAllListeners("data");
    old?.resume();
  }

  #connect(): void {
    if (this.#isStopped) return;
    const socket = net.connect({ port: this.#port, host: "127.0.0.1", noDelay: true });
    this.#socket = socket;
    let parsed: Buffer = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      parsed = Buffer.concat([parsed, chunk]);
      const frame = new Frame();
      while (frame.read(parsed, 0, parsed.length) && frame.end <= parsed.length) {
        const packet = decode(parsed, this.version, 0, frame.end);
        parsed = parsed.subarray(frame.end);
        this.handle(packet);
      }
    });
    socket.on("error", () => {});
    const lost = () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      socket.destroy();
      if (this.#pause === 0) this.#connect();
      else setTimeout(() => this.#connect(), this.#pause);
    };
    socket.once("end", lost);
    socket.once("close", lost);
    this.opened(this.window);
  }

  protected send(packet: Packet): void {
    this.#socket?.write(encode(packet));
  }
}
