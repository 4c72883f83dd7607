import { memoryBroker, ruledBroker } from "../brokers.ts";
import { type Case, throughput } from "../case.ts";
import { mqtt, mqttStorm, mqttTopics } from "../loads.ts";

const pairs = { publishers: 10, subscribers: 10, mode: "pair" } as const;

const row = (title: string, metrics: Case["metrics"], load: Case["load"], goal?: number): Case => ({
  ...{ group: "access", title, metrics, load },
  ours: ruledBroker,
  rivals: [{ ...memoryBroker, name: "distsrv without rules", ...(goal !== undefined && { goal }) }],
});

/** A broker with ten thousand rules and as many users, beside one without: the verdict is kept with the topic. */
export const accessCases: readonly Case[] = [
  row(
    "QoS 0, 1 -> 1",
    throughput("messages/s"),
    mqtt({ publishers: 1, subscribers: 1, mode: "fan", qos: 0 }),
    0.97,
  ),
  row("QoS 1, 10 pairs", throughput("messages/s"), mqtt({ ...pairs, qos: 1 }), 0.97),
  // Each is another topic than before, so each is looked up.
  row(
    "100,000 topics in turn",
    [{ title: "all topics", figure: "many", unit: "messages/s", better: "more" }],
    mqttTopics(100_000),
  ),
  row(
    "5,000 connect at once",
    [{ title: "all accepted", figure: "storm", unit: "ms", better: "less" }],
    mqttStorm(5000),
  ),
];
