import { memoryBroker } from "../brokers.ts";
import { type Case, throughput } from "../case.ts";
import { ours } from "../distsrv.ts";
import { mqtt } from "../loads.ts";

const pairs = { publishers: 10, subscribers: 10, mode: "pair" } as const;

const row = (title: string, load: Case["load"]): Case => ({
  ...{ group: "capture", title, metrics: throughput("messages/s"), load },
  ours: ours("mqtt", { isCaptured: true }),
  rivals: [{ ...memoryBroker, name: "distsrv without a capture", goal: 0.85 }],
});

/** A broker all of whose bytes are written to a capture, beside one without. */
export const captureCases: readonly Case[] = [
  row("QoS 0, 1 -> 1", mqtt({ publishers: 1, subscribers: 1, mode: "fan", qos: 0 })),
  row("QoS 0, 10 pairs", mqtt({ ...pairs, qos: 0 })),
  row("QoS 1, 10 pairs", mqtt({ ...pairs, qos: 1 })),
];
