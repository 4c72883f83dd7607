import { distsrvBroker, type Limits, mosquittoBroker, natsBroker } from "../brokers.ts";
import { type Case, type Contender, type Metric, type Rival, throughput } from "../case.ts";
import { type MqttWork, mqtt, mqttMatch, mqttRetained, mqttStorm, mqttTopics } from "../loads.ts";
import { mqttIdle, mqttPayload } from "../memory-loads.ts";

interface Work extends MqttWork {
  readonly title: string;
  /** Times mosquitto's speed. */
  readonly goal: number;
}

const pair = { publishers: 1, subscribers: 1, mode: "fan" } as const;
const pairs = { publishers: 10, subscribers: 10, mode: "pair" } as const;

const works: readonly Work[] = [
  { title: "QoS 0, 1 -> 1", ...pair, qos: 0, goal: 10 },
  { title: "QoS 0, 1 -> 10", ...pair, subscribers: 10, qos: 0, goal: 10 },
  { title: "QoS 0, 10 pairs", ...pairs, qos: 0, goal: 10 },
  { title: "QoS 1, 1 -> 1, window 100", ...pair, qos: 1, goal: 5 },
  { title: "QoS 1, 10 pairs, window 100", ...pairs, qos: 1, goal: 5 },
  { title: "QoS 2, 1 -> 1, window 100", ...pair, qos: 2, goal: 5 },
  { title: "QoS 2, 10 pairs, window 100", ...pairs, qos: 2, goal: 5 },
];

const latencies: readonly Metric[] = [
  { title: "p50", figure: "p50", unit: "µs", better: "less", goal: 1 },
  { title: "p99", figure: "p99", unit: "µs", better: "less", goal: 1 },
  { title: "p99.9", figure: "p999", unit: "µs", better: "less" },
];

/** Twenty thousand messages a second: a usual load, not the maximum. */
const steady = [
  { title: "latency, QoS 0, 1 -> 1", ...pair, qos: 0 },
  { title: "latency, QoS 1, 1 -> 1", ...pair, qos: 1 },
  { title: "latency, QoS 0, 10 pairs", ...pairs, qos: 0 },
  { title: "latency, QoS 1, 10 pairs", ...pairs, qos: 1 },
] as const;

const hot: readonly Metric[] = [
  { title: "hot topic among 100", figure: "few", unit: "messages/s", better: "more", goal: 1 },
  { title: "hot topic among all", figure: "many", unit: "messages/s", better: "more", goal: 1 },
  { title: "cost to cost among 100", figure: "cost", unit: "×", better: "less", below: 1.3 },
  { title: "a SUBSCRIBE", figure: "subscribe", unit: "µs", better: "less", goal: 1 },
  { title: "an UNSUBSCRIBE", figure: "unsubscribe", unit: "µs", better: "less", goal: 1 },
];

const growth = { unit: "×", better: "less", below: 1.3 } as const;
const flat: readonly Metric[] = [
  { title: "SUBSCRIBE, last to first tenth", figure: "subscribe_growth", ...growth },
  { title: "UNSUBSCRIBE, last to first tenth", figure: "unsubscribe_growth", ...growth },
];

const topics: readonly Metric[] = [
  { title: "1,000 topics", figure: "few", unit: "messages/s", better: "more", goal: 1 },
  { title: "all topics", figure: "many", unit: "messages/s", better: "more", goal: 1 },
  { title: "all : 1,000", figure: "share", unit: "×", better: "more" },
];

const retained: readonly Metric[] = [
  { title: "stored", figure: "store_rate", unit: "messages/s", better: "more", goal: 1 },
  { title: "to a # subscriber", figure: "perSecond", unit: "messages/s", better: "more", goal: 1 },
  { title: "longest stall of others", figure: "stall", unit: "ms", better: "less", below: 50 },
];

const storm: readonly Metric[] = [
  { title: "all accepted", figure: "storm", unit: "ms", better: "less", goal: 1 },
];

const large: readonly Metric[] = [
  { title: "throughput", figure: "rate", unit: "MB/s", better: "more", goal: 1 },
  { title: "memory, in payloads", figure: "growth", unit: "×", better: "less", below: 2 },
];

/** @param brokers further brokers, already running; the goal is to be faster than each */
export function mqttCases(brokers: readonly Contender[]): readonly Case[] {
  const others: readonly Rival[] = brokers.map((broker) => ({ ...broker, goal: 1 }));
  const row = (
    title: string,
    metrics: readonly Metric[],
    load: Case["load"],
    more: RowOptions = {},
  ): Case => {
    const { limits = {}, goal = 1, ...rest } = more;
    const rivals = [{ ...mosquittoBroker, goal }, { ...natsBroker(limits), goal: 1 }, ...others];
    return { group: "mqtt", title, metrics, ours: distsrvBroker(limits), rivals, load, ...rest };
  };
  return [
    ...works.map(({ title, goal, ...work }) => row(title, throughput("messages/s"), mqtt(work), { goal })),
    ...steady.map(({ title, ...work }) => row(title, latencies, mqtt({ ...work, rate: 20_000 }))),
    row("5,000 connect at once", storm, mqttStorm(5000)),
    row(
      "10,000 idle clients",
      [{ title: "memory of each", figure: "each", unit: "KB", better: "less", below: 12 }],
      mqttIdle(10_000),
      { isFresh: true },
    ),
    row("1 MB messages", large, mqttPayload({ ...pair, qos: 1, payload: 1e6, window: 1 }), { isFresh: true }),
    row("100 MB messages", large, mqttPayload({ ...pair, qos: 1, payload: 1e8, window: 1 }), {
      isFresh: true,
      isHeavy: true,
      limits: { payload: 1e8 },
    }),
    row("100,000 topics in turn", topics, mqttTopics(100_000)),
    row("1,000,000 topics in turn", topics, mqttTopics(1_000_000)),
    row("10,000 subscriptions", hot, mqttMatch(10_000)),
    row("1,000,000 subscriptions", [...hot, ...flat], mqttMatch(1_000_000), { isFresh: true, isHeavy: true }),
    row("10,000 retained messages", retained, mqttRetained(10_000)),
    row("1,000,000 retained messages", retained, mqttRetained(1_000_000), { isFresh: true, isHeavy: true }),
  ];
}

interface RowOptions extends Pick<Case, "isFresh" | "isHeavy"> {
  readonly limits?: Limits;
  /** Times mosquitto. */
  readonly goal?: number;
}
