/** This broker, as the bus sees it. */
export interface Node {
  /**
   * Hands a message of another node to the subscribers of this one. It goes no further: who got it from the bus
   * does not give it back.
   * @param packet a PUBLISH of MQTT 5 as `publish` was given it
   */
  deliver(packet: Uint8Array): void;
}

/** How messages reach the other nodes of a broker that runs on several. */
export interface Bus {
  /** Called once, before the first client is let in. */
  join(node: Node): Promise<void>;
  /** The first client of this node has subscribed to the filter. A shared one comes without its `$share/group/`. */
  subscribed(filter: string): void;
  /** The last client of this node that subscribed to the filter has left it. */
  unsubscribed(filter: string): void;
  /** Whether anybody elsewhere wants what is published to the topic. Asked once for each run of messages. */
  wants(topic: string): boolean;
  /**
   * Takes a message that a client of this node published; retained ones and wills, too.
   * @param packet a whole PUBLISH of MQTT 5 that names its topic; the caller's again when this returns
   */
  publish(topic: string, packet: Uint8Array): void;
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
