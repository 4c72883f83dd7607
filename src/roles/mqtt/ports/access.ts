import type { AuthenticationMethod, Refusal } from "./authentication.ts";

/** Who asks to come in. */
export interface Credentials {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  /** `host:port`. */
  readonly remote: string;
  /** Whether the client has disconnected meanwhile. */
  isGone(): boolean;
}

/** Who has been let in. */
export interface Identity {
  readonly clientId: string;
  readonly username: string | undefined;
}

/** Accepted, under this user name: several spellings may mean one user. */
export interface Admission {
  readonly reason: 0;
  readonly username: string;
}

/** A reason code, where 0 lets the client in, or more to say about it. */
export type Verdict = number | Refusal | Admission;

/** Who may connect, and what they may do. */
export interface Access {
  /** The ways to come in that take an exchange of AUTH packets, for clients that ask for one by its name. */
  readonly methods: readonly AuthenticationMethod[];
  /** Asked once, at CONNECT without a method; the client waits for the answer. */
  authenticate(credentials: Credentials): Verdict | Promise<Verdict>;
  /**
   * Whether a client may take over the session of its client identifier that was begun under the user name `owner`:
   * what waits in it was meant for that user.
   */
  mayTakeOver(identity: Identity, owner: string | undefined): boolean;
  /** Asked when a client publishes to another topic than before, so it must be quick. */
  mayPublish(identity: Identity, topic: string): boolean;
  /** Asked once per subscription. */
  maySubscribe(identity: Identity, filter: string): boolean;
}

/** Everybody may do everything. What only the broker may is not asked here. */
export const openAccess: Access = {
  methods: [],
  authenticate: () => 0,
  mayTakeOver: () => true,
  mayPublish: () => true,
  maySubscribe: () => true,
};
