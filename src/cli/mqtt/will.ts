import type { Command, OptionValues } from "@commander-js/extra-typings";
import type { IConnectPacket } from "mqtt-packet";
import { bytesOfText } from "../../protocol/text/byte-text.ts";
import { UsageError } from "../program/errors.ts";
import type { PacketProperties } from "./properties.ts";
import { type QoS, qosLevel, topicName } from "./topics.ts";

export type Will = NonNullable<IConnectPacket["will"]>;

/** Adds the options of a will, by the names of mosquitto_pub's. */
export const withWill = <A extends unknown[], O extends OptionValues>(command: Command<A, O>) =>
  command
    .option(
      "--will-topic <topic>",
      "where the broker publishes our will, if the connection breaks",
      topicName,
    )
    .option("--will-payload <text>", "what our will says (default: nothing)")
    .option("--will-qos <level>", "its quality of service: 0, 1 or 2 (default: 0)", qosLevel)
    .option("--will-retain", "the broker keeps our will for later subscribers");

export interface WillOptions {
  readonly willTopic?: string | undefined;
  readonly willPayload?: string | undefined;
  readonly willQos?: QoS | undefined;
  readonly willRetain?: true | undefined;
  readonly property?: PacketProperties | undefined;
}

/** @throws {UsageError} when something is said about a will that there is not */
export function willOf(options: WillOptions): Will | undefined {
  const { willTopic: topic, willPayload, willQos, willRetain, property } = options;
  if (topic === undefined) {
    const given = [
      willPayload !== undefined && "--will-payload",
      willQos !== undefined && "--will-qos",
      willRetain && "--will-retain",
      property?.will && "--property will",
    ].find((name) => typeof name === "string");
    if (given !== undefined)
      throw new UsageError(`${given} says something about a will without a topic: give --will-topic as well`);
    return undefined;
  }
  return {
    topic,
    payload: Buffer.from(bytesOfText(willPayload ?? "")),
    qos: willQos ?? 0,
    retain: willRetain ?? false,
    ...(property?.will && { properties: property.will }),
  };
}
