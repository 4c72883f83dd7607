import type { ReceivedPacket } from "../../net/packets/message-batch.ts";
import type { CaptureAnalysis } from "../../protocol/analysis/analysis.ts";
import type { CapturedFrame } from "../../protocol/capture/frame.ts";
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  sectionHeader,
} from "../../protocol/capture/pcapng-writer.ts";
import type { CaptureOutput } from "./capture-output.ts";
import { InterfaceTable } from "./interface-table.ts";

/** Writes packets to a capture file and has them looked into. */
export class Recorder {
  readonly #output: CaptureOutput;
  readonly #analysis: CaptureAnalysis;
  readonly #interfaces: InterfaceTable;
  #last = { seconds: 0, nanoseconds: 0 };
  /** Packets so far. */
  count = 0;
  /** Packets of links of an unknown kind. */
  unknown = 0;

  constructor(output: CaptureOutput, analysis: CaptureAnalysis) {
    this.#output = output;
    this.#analysis = analysis;
    this.#interfaces = new InterfaceTable((found) => output.add(interfaceDescription(found)));
    output.add(sectionHeader("distcli"));
  }

  add(packet: ReceivedPacket): void {
    const from = this.#interfaces.find(packet);
    if (from === undefined) {
      this.unknown++;
      return;
    }
    const frame: CapturedFrame = {
      number: ++this.count,
      seconds: packet.seconds,
      nanoseconds: packet.nanoseconds,
      linkType: from.linkType,
      bytes: Buffer.from(packet.bytes.buffer, packet.bytes.byteOffset, packet.bytes.length),
      originalLength: packet.originalLength,
      interface: from.position,
      way: packet.isOutgoing ? "out" : "in",
    };
    this.#last = { seconds: frame.seconds, nanoseconds: frame.nanoseconds };
    this.#output.add(enhancedPacket(frame));
    this.#analysis.frame(frame);
  }

  /** Packets that are in the file, and whose conversations were too many to be told. */
  get untold(): number {
    return this.#analysis.omittedPackets;
  }

  /**
   * Writes what the kernel counted, once: it counts all interfaces together, so the sums stand at the first of them.
   */
  finish(counts: { readonly received: number; readonly dropped: number }): void {
    if (this.#interfaces.all.length > 0) this.#output.add(interfaceStatistics(0, this.#last, counts));
    this.#output.flush();
  }
}
