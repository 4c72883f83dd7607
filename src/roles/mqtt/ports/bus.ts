/** This broker, as the bus sees it. */
export interface Node {
  /**
   * Hands messages of another node to the subscribers of this one, and keeps retained ones. They go no further: who
   * got them from the bus does not give them back.
   * @param packets as `publish` was given them; the caller's again when this returns
   * @throws {MqttError} for what is not a PUBLISH of MQTT 5; those before it have been delivered
   */
  deliver(packets: Uint8Array): void;
}

/**
 * How messages reach the other nodes of a broker that runs on several.
 *
 * The broker waits for none of this: a publisher has its PUBACK, and a subscriber its SUBACK, before other nodes
 * have heard of it, so it is the bus that keeps messages and interest for a node that cannot be reached just now.
 * What it throws is logged and harms nobody here.
 *
 * A bus must keep the order of what one node publishes, and must not hand a node its own messages. What it leaves
 * open:
 * - A shared group whose members are on several nodes. Each node has subscribed to the group's inner filter, gets
 *   each message, and distributes it among its own members: one copy per node. To have one copy in all, the nodes
 *   must agree which of them serves a group, which takes the group's name in `subscribed` and in `publish`.
 * - Retained messages from before a node joined: it hears only what is published from then on.
 * - A session belongs to the node where its client connected; a client that comes back at another node finds none,
 *   and the same client identifier may be connected at two nodes.
 */
export interface Bus {
  /** Called once, before the first client is let in. */
  join(node: Node): Promise<void>;
  /** The first client of this node has subscribed to the filter. A shared one comes without its `$share/group/`. */
  subscribed(filter: string): void;
  /** The last client of this node that subscribed to the filter has left it. */
  unsubscribed(filter: string): void;
  /**
   * Whether anybody elsewhere wants what is published to the topic. Asked for each run of messages, and for each
   * message of an MQTT 5 client that nobody here subscribes to, since its acknowledgement says so: it must be quick. A
   * retained message concerns every node that lets clients subscribe, whether somebody has done so yet or not.
   */
  wants(topic: string, isRetained: boolean): boolean;
  /**
   * Takes what a client of this node published, or the broker for it: wills, built-in publishers; not `$SYS`.
   * @param packets one or several whole PUBLISH packets of MQTT 5 in a row, of equal size, that name their topic;
   * their packet identifiers mean nothing. The caller's again when this returns
   */
  publish(topic: string, packets: Uint8Array): void;
  /** Called once, after the last client has left. */
  leave(): Promise<void>;
}

/** A broker of one node. */
export const noBus: Bus = {
  join: async () => {},
  subscribed: () => {},
  unsubscribed: () => {},
  wants: () => false,
  publish: () => {},
  leave: async () => {},
};
