/** A user of the machine that distsrv runs on. */
export interface LocalUser {
  /** The user's name, or `uid 1000` where it is not known. */
  readonly name: string;
  /** It is the one that distsrv runs as, or root: they could do to the process whatever they like anyway. */
  readonly isTrusted: boolean;
}

/** Tells the users of this machine apart by their connections and sockets. */
export interface LocalUsers {
  /**
   * @param peer the client's `host:port`
   * @param ours the `host:port` that it is connected to
   * @returns undefined where nobody can be made out
   */
  whoIs(peer: string, ours: string): Promise<LocalUser | undefined>;
  /** Whose programs a connection to the port may reach, of an address of this machine; none: nobody listens there. */
  listenersAt(host: string, port: number): readonly LocalUser[];
}
