import { randomBytes } from "node:crypto";
import type { TcpClient } from "../../net/tcp/client.ts";
import { decode } from "../../protocol/mqtt/decode.ts";
import { describePacket } from "../../protocol/mqtt/describe.ts";
import { encode } from "../../protocol/mqtt/encode.ts";
import { Frame } from "../../protocol/mqtt/frame.ts";
import type { Packet, Qos } from "../../protocol/mqtt/packet.ts";
import { reasonName } from "../../protocol/mqtt/reason.ts";
import { withoutSecrets } from "../../protocol/mqtt/redact.ts";
import { topicNameMistake } from "../../protocol/mqtt/topic.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { overTcp } from "./over-tcp.ts";
import { choice, passwordField, type Transcript, type Trial, textField, type Values } from "./trial.ts";

const version = 5;

/** A client that subscribes to a topic, publishes to it and waits until its own message is back. */
export const tryMqtt: Trial = {
  title: "Subscribe, publish, and receive the message",
  fields: ({ hasUsers = false }) => [
    textField("topic", "Topic", "sister/coba"),
    textField("message", "Message", "Halo"),
    choice("qos", "QoS", ["0", "1", "2"]),
    choice("retain", "Retain", ["no", "yes"]),
    ...(hasUsers ? [textField("user", "User", ""), passwordField("password", "Password")] : []),
  ],
  run: (peer, values, signal) => {
    const problem = topicNameMistake(values.topic ?? "");
    if (problem !== undefined) throw new PeerError("bad-topic", `The topic "${values.topic}" ${problem}`);
    return overTcp(peer, signal, (client) => new RecordedConnection(client, peer, signal).run(values));
  },
};

/** The packets to wait for after a PUBLISH, by QoS. (At QoS 2 PUBREC always comes before PUBCOMP.) */
const awaitedPackets: Readonly<Record<Qos, readonly Packet["type"][]>> = {
  0: ["publish"],
  1: ["publish", "puback"],
  2: ["publish", "pubcomp", "pubrel"],
};

/** An MQTT connection that records every packet in both directions, as bytes and as text. */
class RecordedConnection {
  readonly #sent: Uint8Array[] = [];
  readonly #received: Uint8Array[] = [];
  readonly #lines = { sent: [] as string[], received: [] as string[] };
  readonly #frame = new Frame();
  #unread: Uint8Array = new Uint8Array();

  constructor(
    readonly client: TcpClient,
    readonly peer: Peer,
    readonly signal: AbortSignal,
  ) {}

  async run(values: Values): Promise<Transcript> {
    const { topic = "", message = "", qos: chosen, retain } = values;
    const qos: Qos = chosen === "2" ? 2 : chosen === "1" ? 1 : 0;
    await this.#connect(values);
    const subscription = {
      filter: topic,
      qos,
      noLocal: false,
      retainAsPublished: false,
      retainHandling: 2,
    } as const;
    await this.#send({
      type: "subscribe",
      version,
      packetId: 1,
      properties: {},
      subscriptions: [subscription],
    });
    await this.#publish(topic, message, qos, retain === "yes");
    await this.#send({ type: "disconnect", version, reasonCode: 0, properties: {} });
    return {
      request: { text: this.#lines.sent.join("\n"), bytes: Buffer.concat(this.#sent) },
      reply: { text: this.#lines.received.join("\n"), bytes: Buffer.concat(this.#received) },
    };
  }

  async #connect({ user = "", password = "" }: Values): Promise<void> {
    await this.#send({
      type: "connect",
      version,
      clientId: `try-${randomBytes(4).toString("hex")}`,
      cleanStart: true,
      keepAlive: 30,
      properties: {},
      // With an empty name the client is anonymous.
      ...(user !== "" && { username: user }),
      ...(password !== "" && { password: new TextEncoder().encode(password) }),
    });
    const answer = await this.#receive();
    if (answer.type === "connack" && answer.reasonCode === 0) return;
    const why = "reasonCode" in answer ? reasonName(answer.reasonCode) : answer.type.toUpperCase();
    throw new PeerError("refused", `${peerName(this.peer)} does not let the client in: ${why}`);
  }

  /** Waits until the message is back and acknowledged in both directions. */
  async #publish(topic: string, text: string, qos: Qos, retain: boolean): Promise<void> {
    const payload = new TextEncoder().encode(text);
    const packet = {
      type: "publish",
      version,
      dup: false,
      qos,
      retain,
      topic,
      payload,
      properties: {},
    } as const;
    await this.#send({ ...packet, packetId: qos === 0 ? 0 : 2 });
    const awaited = new Set<Packet["type"]>(awaitedPackets[qos]);
    while (awaited.size > 0) {
      const answer = await this.#receive();
      awaited.delete(answer.type);
      await this.#respond(answer);
    }
  }

  async #respond(packet: Packet): Promise<void> {
    switch (packet.type) {
      case "publish":
        if (packet.qos > 0)
          await this.#acknowledge(packet.qos === 1 ? "puback" : "pubrec", packet.packetId ?? 0);
        return;
      case "pubrec":
        return this.#acknowledge("pubrel", packet.packetId);
      case "pubrel":
        return this.#acknowledge("pubcomp", packet.packetId);
      case "disconnect":
        throw new PeerError(
          "refused",
          `${peerName(this.peer)} disconnected: ${reasonName(packet.reasonCode)}`,
        );
    }
  }

  #acknowledge(type: "puback" | "pubrec" | "pubrel" | "pubcomp", packetId: number): Promise<void> {
    return this.#send({ type, version, packetId, reasonCode: 0, properties: {} });
  }

  async #send(packet: Packet): Promise<void> {
    const bytes = encode(packet);
    this.#sent.push(withoutSecrets(bytes, packet));
    this.#lines.sent.push(describePacket(packet));
    await this.client.write(bytes);
  }

  async #receive(): Promise<Packet> {
    while (!this.#frame.read(this.#unread, 0, this.#unread.length) || this.#frame.end > this.#unread.length) {
      const next = await this.client.read(undefined, this.signal);
      this.signal.throwIfAborted();
      if (next.kind !== "bytes")
        throw new PeerError("closed", `${peerName(this.peer)} closed the connection`);
      this.#unread = Buffer.concat([this.#unread, next.bytes]);
    }
    const bytes = this.#unread.subarray(0, this.#frame.end);
    this.#unread = this.#unread.subarray(bytes.length);
    const packet = decode(bytes, version);
    this.#received.push(bytes);
    this.#lines.received.push(describePacket(packet));
    return packet;
  }
}
