import type { IClientSubscribeOptions, ISubscriptionGrant, MqttClient } from "mqtt";
import { reasonName } from "../../protocol/mqtt/reason.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { acknowledged } from "./client.ts";

/**
 * Subscribes to topics, and says which of them the broker refuses. With some of them it goes on.
 * @throws {PeerError} when it refuses all of them
 */
export async function subscribeTo(
  context: CommandContext,
  client: MqttClient,
  peer: Peer,
  topics: readonly string[],
  options: IClientSubscribeOptions,
): Promise<readonly ISubscriptionGrant[]> {
  const attempt = async (): Promise<readonly ISubscriptionGrant[] | readonly number[]> => {
    try {
      return await client.subscribeAsync([...topics], options);
    } catch (error) {
      const codes = codesIn(error, topics.length);
      if (codes === undefined) throw error;
      return codes;
    }
  };
  const answer = await acknowledged(context, client, peer, attempt);
  if (isGranted(answer)) return answer;
  const refused = topics.flatMap((topic, index) => {
    const code = answer[index] ?? 0;
    return code < 0x80 ? [] : [{ topic, why: why(code) }];
  });
  const allowed = topics.filter((_, index) => (answer[index] ?? 0x80) < 0x80);
  if (allowed.length === 0) {
    const list = refused.map(({ topic, why }) => `${topic} (${why})`).join(", ");
    throw new PeerError("mqtt-refused", `The MQTT broker ${peerName(peer)} refused to subscribe to ${list}`);
  }
  for (const { topic, why } of refused) context.note(`The broker refused ${topic}: ${why}`);
  // The library forgets all topics of a SUBSCRIBE of which one is refused; it is to subscribe to the others again.
  return await subscribeTo(context, client, peer, allowed, options);
}

const isGranted = (
  answer: readonly ISubscriptionGrant[] | readonly number[],
): answer is readonly ISubscriptionGrant[] => typeof answer[0] !== "number";

/** The reason codes of a SUBACK that the library takes for an error. */
function codesIn(error: unknown, count: number): readonly number[] | undefined {
  const granted: unknown = Object(Object(error).packet).granted;
  if (!Array.isArray(granted) || granted.length !== count) return undefined;
  return granted.map(Number);
}

/** Before MQTT 5 a broker cannot say why. */
const why = (code: number): string =>
  code === 0x80 ? "it does not say why; with -V 5 it can" : reasonName(code);
