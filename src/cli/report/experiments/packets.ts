import { CaptureStartError, openPacketSocket } from "../../../net/packets/packet-socket.ts";
import { CaptureAnalysis, type CaptureReport } from "../../../protocol/analysis/analysis.ts";
import type { ListeningService } from "../../../protocol/analysis/service-ports.ts";
import { portFilter } from "../../../protocol/bpf/port-filter.ts";
import { openOutput } from "../../capture/capture-output.ts";
import { Recorder } from "../../capture/record.ts";
import { filterFor } from "../../capture/services.ts";
import type { Sink } from "../../terminal/io.ts";

/** The packets of a while, or why there are none. */
export type Packets =
  | { readonly kind: "captured"; readonly capture: CaptureReport; readonly lost: number }
  | { readonly kind: "none"; readonly reason: string };

export interface PacketSource {
  /** Ends the capture. */
  finish(): Promise<Packets>;
}

/** Begins to capture the packets of these services on all interfaces, where the system lets us. */
export function capturePackets(services: readonly ListeningService[], stdout: Sink): PacketSource {
  const output = openOutput(undefined, stdout);
  const analysis = new CaptureAnalysis({ services });
  const recorder = new Recorder(output, analysis);
  try {
    const socket = openPacketSocket({
      interface: "any",
      filter: portFilter(filterFor(services, [], false)),
      onPacket: (packet) => {
        recorder.add(packet);
        return true;
      },
      onBatch: () => {},
    });
    return {
      finish: async () => {
        socket.finish();
        await socket.done;
        const { dropped } = socket.counts();
        return { kind: "captured", capture: analysis.report(), lost: dropped };
      },
    };
  } catch (error) {
    if (!(error instanceof CaptureStartError)) throw error;
    const { message } = error;
    return { finish: async () => ({ kind: "none", reason: message }) };
  }
}
