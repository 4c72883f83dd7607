import {
  askingBroker,
  banningBroker,
  guardedBroker,
  login,
  memoryBroker,
  prefixedBroker,
  ruledBroker,
  tokenBroker,
  tokenLogin,
} from "../brokers.ts";
import { type Case, type Contender, throughput } from "../case.ts";
import { mqtt, mqttStorm, mqttTopics } from "../loads.ts";

const single = { publishers: 1, subscribers: 1, mode: "fan" } as const;
const pairs = { publishers: 10, subscribers: 10, mode: "pair" } as const;

/** Rows of a broker beside one that lacks what the group is about. */
const rowsOf =
  (group: string, ours: Contender, without: string) =>
  (title: string, metrics: Case["metrics"], load: Case["load"], goal?: number): Case => ({
    ...{ group, title, metrics, load, ours },
    rivals: [{ ...memoryBroker, name: `distsrv without ${without}`, ...(goal !== undefined && { goal }) }],
  });

/** Ten thousand rules and as many users: the verdict is kept with the topic. */
const access = rowsOf("access", ruledBroker, "rules");
const banning = rowsOf("guards", banningBroker, "bans and limits");
const guarded = rowsOf("guards", guardedBroker, "passwords");
const prefix = rowsOf("prefix", prefixedBroker, "a prefix");
const asking = rowsOf("auth", askingBroker, "auth");
const token = rowsOf("auth", tokenBroker, "auth");

const connects = throughput("clients/s");

/** What decides who may come in and what they may do, each beside a broker without it. */
export const accessCases: readonly Case[] = [
  access("QoS 0, 1 -> 1", throughput("messages/s"), mqtt({ ...single, qos: 0 }), 0.97),
  access("QoS 1, 10 pairs", throughput("messages/s"), mqtt({ ...pairs, qos: 1 }), 0.97),
  // Each is another topic than before, so each is looked up.
  access(
    "100,000 topics in turn",
    [{ title: "all topics", figure: "many", unit: "messages/s", better: "more" }],
    mqttTopics(100_000),
  ),
  access(
    "5,000 connect at once",
    [{ title: "all accepted", figure: "storm", unit: "ms", better: "less" }],
    mqttStorm(5000),
  ),
  banning("5,000 connect at once", connects, mqttStorm(5000)),
  guarded("5,000 log in at once", connects, mqttStorm(5000, login)),
  prefix("QoS 0, 1 -> 1", throughput("messages/s"), mqtt({ ...single, qos: 0 })),
  prefix("QoS 1, 10 pairs", throughput("messages/s"), mqtt({ ...pairs, qos: 1 })),
  asking("5,000 come again, HTTP", connects, mqttStorm(5000, login)),
  token("5,000 come again, JWT", connects, mqttStorm(5000, tokenLogin)),
];
