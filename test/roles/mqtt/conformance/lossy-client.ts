import { decode } from "../../../../src/protocol/mqtt/decode.ts";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import type { Packet, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { acceptClient } from "../../../../src/roles/mqtt/client/accept.ts";
import type { Connection } from "../../../../src/roles/mqtt/client/connection.ts";
import type { Peer } from "../../../../src/roles/mqtt/wire/link.ts";
import type { TestBroker } from "../support/test-broker.ts";
import { ModelClient } from "./model-client.ts";

const noBytes = Buffer.alloc(0);

/**
 * A conforming MQTT client on a simulated connection that carries as many bytes as the test asks for, and can break
 * between any two of them.
 */
export class LossyClient extends ModelClient {
  #up: Buffer = noBytes;
  #down: Buffer = noBytes;
  #parsed: Buffer = noBytes;
  #connection: Connection | undefined;
  #isPaused = false;
  #generation = 0;

  constructor(
    /** Replaced when the broker has crashed and restarted. */
    public test: TestBroker,
    clientId: string,
    version: Version,
    window: number,
  ) {
    super(clientId, version, window);
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  /** No byte is in transit, and no message waits for an acknowledgement. */
  get isQuiet(): boolean {
    return this.isIdle && this.#up.length === 0 && this.#down.length === 0;
  }

  /** Connects, with another window if given; before MQTT 5 it stays the same, because CONNECT cannot announce it. */
  connect(window = this.window): void {
    const generation = ++this.#generation;
    const peer: Peer = {
      conversation: { id: "c", service: "mqtt", transport: "tcp", local: "here:1", remote: "there:1" },
      write: (bytes) => {
        // What the broker still writes to a broken connection is lost.
        if (generation === this.#generation) this.#down = Buffer.concat([this.#down, bytes]);
      },
      buffered: 0,
      pause: () => {
        if (generation === this.#generation) this.#isPaused = true;
      },
      resume: () => {
        if (generation === this.#generation) this.#isPaused = false;
      },
      end: () => {},
      destroy: () => {},
    };
    // Bytes in transit count as the broker's unsent output.
    Object.defineProperty(peer, "buffered", {
      get: () => (generation === this.#generation ? this.#down.length : 0),
    });
    this.#isPaused = false;
    this.#connection = acceptClient(this.test.broker, peer);
    this.opened(window);
  }

  /** The connection breaks. A broker that does not notice finds out at this client's next CONNECT. */
  cut(isNoticed: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#generation++;
    this.#up = this.#down = this.#parsed = noBytes;
    if (isNoticed) connection?.closed();
    this.test.clock.settle();
  }

  /** Carries up to so many bytes to the broker, unless it has paused reading. @returns how many */
  carryUp(limit: number): number {
    if (this.#isPaused) return 0;
    const connection = this.#connection;
    const bytes = this.#up.subarray(0, limit);
    this.#up = this.#up.subarray(bytes.length);
    if (connection !== undefined && bytes.length > 0) connection.feed(new Uint8Array(bytes));
    this.test.clock.settle();
    return bytes.length;
  }

  /** Carries up to so many bytes to the client. @returns how many */
  carryDown(limit: number): number {
    const bytes = this.#down.subarray(0, limit);
    this.#down = this.#down.subarray(bytes.length);
    this.#parsed = Buffer.concat([this.#parsed, bytes]);
    const frame = new Frame();
    while (frame.read(this.#parsed, 0, this.#parsed.length) && frame.end <= this.#parsed.length) {
      const packet = decode(this.#parsed, this.version, 0, frame.end);
      this.#parsed = this.#parsed.subarray(frame.end);
      this.handle(packet);
    }
    if (bytes.length > 0 && this.#down.length === 0) this.#connection?.drained();
    this.test.clock.settle();
    return bytes.length;
  }

  protected send(packet: Packet): void {
    this.#up = Buffer.concat([this.#up, encode(packet)]);
  }
}
