import type { AuthenticationMethod, Refusal } from "./authentication.ts";

/** Who asks to come in. */
export interface Credentials {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: Uint8Array | undefined;
  /** `host:port`. */
  readonly remote: string;
  /** Of MQTT: 3 is 3.1, 4 is 3.1.1. */
  readonly version: 3 | 4 | 5;
  /** What its listener knows of it. */
  readonly arrival: Arrival;
  readonly listener: ListenerAccess;
  /** Whether the client has disconnected meanwhile. */
  isGone(): boolean;
}

/** What a listener knows of a client before it has said anything by MQTT. */
export interface Arrival {
  /** It came over TLS. */
  readonly isSecure: boolean;
  /** Of its certificate, if it has shown one: the whole subject, such as CN=ani,O=Lab. */
  readonly subject?: string | undefined;
  /** The token of a WebSocket's Authorization header, for clients that send no password. */
  readonly bearer?: Uint8Array | undefined;
  /** Present where a certificate says who the client is: it has proved to be who it names. */
  readonly certificate?: CertifiedName | undefined;
}

/** Of a client of whom nothing is known. */
export const unknownArrival: Arrival = { isSecure: false };

/** Whom a listener lets in, of those whom the service does. */
export interface ListenerAccess {
  /** Whether clients without a user name may use it; undefined: as the service decides. */
  readonly anonymous: boolean | undefined;
  /** The only users that may, by name or by group; undefined: all. */
  readonly only: { readonly users: ReadonlySet<string>; readonly groups: ReadonlySet<string> } | undefined;
  /**
   * What the client's topics begin with, without its knowledge; undefined: its name cannot stand in a topic. Absent: the
   * client's topics are the broker's.
   */
  readonly topicPrefix?: (identity: Identity) => string | undefined;
}

/** A listener that takes nobody out. */
export const openListener: ListenerAccess = { anonymous: undefined, only: undefined };

/** Whom a client's certificate names; undefined: nobody clearly. */
export interface CertifiedName {
  readonly name: string | undefined;
}

/** Who has been let in. */
export interface Identity {
  readonly clientId: string;
  readonly username: string | undefined;
  /** A certificate says so, and no list of users. */
  readonly isCertified?: true;
  /** Somebody else than the configuration has let it in. */
  readonly grant?: Grant | undefined;
}

/** What somebody else than the configuration says of a client that it lets in. */
export interface Grant {
  readonly by: "service" | "token";
  /** Nobody could be asked, and the configuration lets such clients in: who they are nobody knows. */
  readonly isUnproved?: true;
  /** Names that access rules have for several users together. */
  readonly groups: readonly string[];
  /** For this client alone; undefined: none, and an empty list: it may do nothing that other rules do not give. */
  readonly rules: readonly GrantedRule[] | undefined;
  /** When its connection ends: milliseconds since 1970. */
  readonly until?: number | undefined;
}

/** Topic filters as access rules have them. */
export interface GrantedRule {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** Accepted, under this user name: several spellings may mean one user. */
export interface Admission {
  readonly reason: 0;
  readonly username: string | undefined;
  readonly grant?: Grant | undefined;
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
   * Whether a client that has proved who it is may use the listener that it came to. Asked at CONNECT, and of all clients
   * when users or listeners have changed.
   */
  mayUse(listener: ListenerAccess, identity: Identity): boolean;
  /**
   * Whether a client may take over the session of its client identifier that was begun under the user name `owner`:
   * what waits in it was meant for that user.
   */
  mayTakeOver(identity: Identity, owner: string | undefined): boolean;
  /** Asked when a session begins, and again when the rules have changed; a name that has been proved is in `identity`. */
  permissionsOf(identity: Identity): Permissions;
}

/** How much of what a filter matches a client may receive. "some" may turn out to be all, or nothing. */
export type Reach = "all" | "some" | "none";

/** What one client may do. */
export interface Permissions {
  /** Asked when a client publishes to another topic than before, so it must be quick. */
  mayPublish(topic: string): boolean;
  /** Asked for each topic that a subscription of limited reach matches. */
  mayReceive(topic: string): boolean;
  /** Asked once per subscription. @param filter without `$share/group/` */
  reach(filter: string): Reach;
}

export const everything: Permissions = {
  mayPublish: () => true,
  mayReceive: () => true,
  reach: () => "all",
};

/** Everybody may do everything. What only the broker may is not asked here. */
export const openAccess: Access = {
  methods: [],
  authenticate: () => 0,
  mayUse: ({ only }) => only === undefined,
  mayTakeOver: () => true,
  permissionsOf: () => everything,
};
