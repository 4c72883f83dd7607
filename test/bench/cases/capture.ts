import { memoryBroker } from "../brokers.ts";
import { type Case, throughput } from "../case.ts";
import { ours } from "../distsrv.ts";
import { mqtt } from "../loads.ts";

const single = { publishers: 1, subscribers: 1, mode: "fan" } as const;
const pairs = { publishers: 10, subscribers: 10, mode: "pair" } as const;

const row = (title: string, load: Case["load"], goal?: number): Case => ({
  ...{ group: "capture", title, metrics: throughput("messages/s"), load },
  ours: ours("mqtt", { isCaptured: true }),
  rivals: [{ ...memoryBroker, name: "distsrv without a capture", ...(goal !== undefined && { goal }) }],
});

/**
 * A broker all of whose bytes are written to a capture, beside one without. As fast as it goes, the broker moves more
 * than a disk takes (a message is 230 bytes of the file, or more): so the goals are those of a rate that a disk can keep.
 */
export const captureCases: readonly Case[] = [
  row("QoS 0, 1 -> 1, 1,000,000 a second", mqtt({ ...single, qos: 0, rate: 1_000_000 }), 0.85),
  row("QoS 1, 10 pairs, 200,000 a second", mqtt({ ...pairs, qos: 1, rate: 200_000 }), 0.85),
  row("QoS 0, 1 -> 1", mqtt({ ...single, qos: 0 })),
  row("QoS 0, 10 pairs", mqtt({ ...pairs, qos: 0 })),
  row("QoS 1, 10 pairs", mqtt({ ...pairs, qos: 1 })),
];
