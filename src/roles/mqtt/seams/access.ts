import { isSystemTopic } from "../system-topic.ts";
import type { AuthenticationMethod } from "./authentication.ts";

/** Who asks to come in. */
export interface Credentials {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  /** `host:port`. */
  readonly remote: string;
  /** Whether nobody waits for an answer any more. */
  isGone(): boolean;
}

/** Who has been let in. */
export interface Identity {
  readonly clientId: string;
  readonly username: string | undefined;
}

/** No, for a reason of CONNACK. */
export interface Refusal {
  readonly reason: number;
  /** Where else an MQTT 5 client may try, with UseAnotherServer and ServerMoved. */
  readonly serverReference?: string;
}

/** A reason code, where 0 lets the client in, or a refusal with more to say. */
export type Verdict = number | Refusal;

/** Who may connect, and what they may do. */
export interface Access {
  /** The ways to come in that take an exchange of AUTH packets, for clients that ask for one by its name. */
  readonly methods: readonly AuthenticationMethod[];
  /** Asked once, at CONNECT without a method; the client waits for the answer. */
  authenticate(credentials: Credentials): Verdict | Promise<Verdict>;
  /** Asked when a client publishes to another topic than before, so it must be quick. */
  mayPublish(identity: Identity, topic: string): boolean;
  /** Asked once per subscription. */
  maySubscribe(identity: Identity, filter: string): boolean;
}

/** Everybody may do everything, but speak in the broker's own name. */
export const openAccess: Access = {
  methods: [],
  authenticate: () => 0,
  // Topics that start with $ are the server's. [MQTT-4.7.2-1]
  mayPublish: (_, topic) => !isSystemTopic(topic),
  maySubscribe: () => true,
};
