/** A refusal, with its reason code of CONNACK. */
export interface Refusal {
  readonly reason: number;
  /** For a person to read; sent to MQTT 5 clients. */
  readonly message?: string;
  /** Where else an MQTT 5 client may try, with UseAnotherServer and ServerMoved. */
  readonly serverReference?: string;
}

/** Who asks to come in by AUTH packets, or proves anew who it is. */
export interface Applicant {
  readonly clientId: string;
  /** `host:port`. */
  readonly remote: string;
  /** Whether the client has disconnected meanwhile. */
  isGone(): boolean;
}

/** What follows from the client's last data. */
export type Step =
  /** The client has to answer this. */
  | { readonly kind: "continue"; readonly data?: Uint8Array }
  /** The client is whom it says to be; the data is for it to check that the broker is, too. */
  | { readonly kind: "accepted"; readonly username: string; readonly data?: Uint8Array }
  | ({ readonly kind: "refused" } & Refusal);

/** One authentication of one client, under way. */
export interface Exchange {
  /** Who the client says to be, once it has said so. */
  readonly username?: string | undefined;
  /**
   * Judges what the client says: first the data that came with CONNECT (or with the AUTH that begins anew), then what
   * it answers. Not called again before the last step is known, nor after one that does not continue.
   */
  next(data: Uint8Array | undefined): Step | Promise<Step>;
}

/** A way to prove who one is by AUTH packets: enhanced authentication, section 4.12 of MQTT 5.0. */
export interface AuthenticationMethod {
  /** As clients name it, such as `SCRAM-SHA-256`. */
  readonly name: string;
  begin(applicant: Applicant): Exchange;
}
