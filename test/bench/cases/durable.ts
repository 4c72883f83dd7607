import { durableBroker, memoryBroker, savingMosquitto } from "../brokers.ts";
import { type Case, type Metric, throughput } from "../case.ts";
import { type MqttWork, mqtt } from "../loads.ts";

const pair = { publishers: 1, subscribers: 1, mode: "fan", isLasting: true } as const;
const pairs = { publishers: 10, subscribers: 10, mode: "pair", isLasting: true } as const;

interface Work extends MqttWork {
  readonly title: string;
  /** The share of its own rate in memory. */
  readonly share?: number;
  /** Times Mosquitto's rate. */
  readonly goal: number;
}

const works: readonly Work[] = [
  { title: "QoS 1, 10 pairs, 100 bytes", ...pairs, qos: 1, payload: 100, share: 0.6, goal: 5 },
  { title: "QoS 2, 10 pairs, 100 bytes", ...pairs, qos: 2, payload: 100, share: 0.6, goal: 5 },
  { title: "QoS 1, 10 pairs, 1 KB", ...pairs, qos: 1, payload: 1000, share: 0.5, goal: 5 },
  { title: "QoS 1, 1 -> 1, window 100", ...pair, qos: 1, payload: 100, goal: 3 },
];

const idle: readonly Metric[] = [
  { title: "p50", figure: "p50", unit: "µs", better: "less" },
  { title: "p99", figure: "p99", unit: "µs", better: "less" },
];

/** A durable broker, with subscribers whose sessions last: what they are sent is on the disk before. */
export const durableCases: readonly Case[] = [
  ...works.map(({ title, share, goal, ...work }) => ({
    group: "durable",
    title,
    metrics: throughput("messages/s"),
    ours: durableBroker,
    rivals: [
      { ...memoryBroker, ...(share !== undefined && { goal: share }) },
      { ...savingMosquitto, goal },
    ],
    load: mqtt(work),
  })),
  {
    group: "durable",
    title: "latency, QoS 1, 100 messages/s",
    metrics: idle,
    ours: durableBroker,
    rivals: [memoryBroker, savingMosquitto],
    load: mqtt({ ...pair, qos: 1, payload: 100, rate: 100 }),
  },
];
