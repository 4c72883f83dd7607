import type { Case, Contender, Rival } from "../case.ts";
import { ours } from "../distsrv.ts";
import { type MqttWork, mqtt } from "../loads.ts";
import { mosquittoBroker } from "../peers.ts";

interface Work extends MqttWork {
  readonly title: string;
  /** Times mosquitto's speed. */
  readonly goal: number;
}

const works: readonly Work[] = [
  { title: "QoS 0, 1 -> 1", publishers: 1, subscribers: 1, mode: "fan", qos: 0, goal: 10 },
  { title: "QoS 0, 1 -> 10", publishers: 1, subscribers: 10, mode: "fan", qos: 0, goal: 10 },
  { title: "QoS 0, 10 pairs", publishers: 10, subscribers: 10, mode: "pair", qos: 0, goal: 10 },
  { title: "QoS 1, 1 -> 1, window 100", publishers: 1, subscribers: 1, mode: "fan", qos: 1, goal: 5 },
  { title: "QoS 1, 10 pairs, window 100", publishers: 10, subscribers: 10, mode: "pair", qos: 1, goal: 5 },
];

/** @param brokers others that run already; distsrv wants to be faster than any */
export function mqttCases(brokers: readonly Contender[]): readonly Case[] {
  const others: readonly Rival[] = brokers.map((broker) => ({ ...broker, goal: 1 }));
  return works.map(({ title, goal, ...work }) => ({
    group: "mqtt",
    title,
    unit: "messages/s",
    ours: ours("mqtt"),
    rivals: [{ ...mosquittoBroker, goal }, ...others],
    load: mqtt(work),
  }));
}
