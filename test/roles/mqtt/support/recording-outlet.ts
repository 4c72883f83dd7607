import type { Outlet } from "../../../../src/roles/mqtt/session/outlet.ts";
import type { Pending } from "../../../../src/roles/mqtt/wire/message.ts";
import type { Publication } from "../../../../src/roles/mqtt/wire/publication.ts";
import type { EncodedRun } from "../../../../src/roles/mqtt/wire/publish-variants.ts";

const text = new TextDecoder();

/** A session's outlet without a connection: it records what it is given to send, in words. */
export class RecordingOutlet implements Outlet {
  readonly isV5 = true;
  isWritable = true;
  maxPacketSize = Number.POSITIVE_INFINITY;
  readonly topicAliases = undefined;
  #sent: string[] = [];

  /** What was sent since the last call. */
  take(): string[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  sendRun({ topic, payloadLength }: Publication, encoded: EncodedRun, from: number, end: number): void {
    for (let index = from; index < end; index++) {
      const packet = encoded.at(index);
      const qos = (packet[0]! >> 1) & 3;
      const id = qos === 0 ? "" : ` #${packet.readUInt16BE(encoded.idOffset)}`;
      const payload = text.decode(packet.subarray(packet.length - payloadLength));
      this.#sent.push(`${topic.text} ${payload} qos ${qos}${id}`);
    }
  }

  sendPending({ message, qos }: Pending, packetId: number, dup: boolean): void {
    const payload = text.decode(message.bytes.subarray(message.payloadStart, message.end));
    const id = qos === 0 ? "" : ` #${packetId}`;
    this.#sent.push(`${message.topic.text} ${payload} qos ${qos}${id}${dup ? " again" : ""}`);
  }

  fits({ message }: Pending): boolean {
    return message.payloadLength <= this.maxPacketSize;
  }

  waitForStore(): void {}

  pubrel(packetId: number): void {
    this.#sent.push(`pubrel #${packetId}`);
  }
}
