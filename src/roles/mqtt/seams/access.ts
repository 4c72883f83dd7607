/** Who asks to come in. */
export interface Credentials {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  /** `host:port`. */
  readonly remote: string;
}

/** Who has been let in. */
export interface Identity {
  readonly clientId: string;
  readonly username: string | undefined;
}

/** Who may connect, and what they may do. */
export interface Access {
  /** A reason code: 0 lets the client in. Asked once, at CONNECT; the client waits for the answer. */
  authenticate(credentials: Credentials): number | Promise<number>;
  /** Asked when a client publishes to another topic than before, so it must be quick. */
  mayPublish(identity: Identity, topic: string): boolean;
  /** Asked once per subscription. */
  maySubscribe(identity: Identity, filter: string): boolean;
}

/** Everybody may do everything, but speak in the broker's own name. */
export const openAccess: Access = {
  authenticate: () => 0,
  // Topics that start with $ are the server's. [MQTT-4.7.2-1]
  mayPublish: (_, topic) => !topic.startsWith("$SYS/"),
  maySubscribe: () => true,
};
