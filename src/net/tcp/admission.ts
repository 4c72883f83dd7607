import { isInRange, ownKey, parseIp, parseRange } from "../../core/address-range.ts";
import type { Ban } from "../../core/guards.ts";
import { type Problem, problem } from "../../core/problem.ts";
import type { ListenContext, TcpOptions } from "./api.ts";
import { ConnectRate } from "./connect-rate.ts";
import type { TcpConnection } from "./connection.ts";
import { ConnectionsPerAddress } from "./connections-per-address.ts";
import { type RefusalCause, Refusals } from "./refusals.ts";

/** What becomes of a new connection. */
export type Admitted = "enters" | "waits" | "refused";

/** What the admission needs of the server. */
export interface AdmissionOwner<S> {
  readonly connections: ReadonlySet<TcpConnection<S>>;
  /** A connection that had to wait is served. */
  enter(connection: TcpConnection<S>): void;
  /** Its address has been banned. */
  expel(connection: TcpConnection<S>, ban: Ban): void;
}

/** Decides about new connections by where they come from and how many come: bans, a limit per address, a rate. */
export class Admission<S> {
  readonly refusals: Refusals;
  readonly #bans: NonNullable<ListenContext["guards"]>["bans"] | undefined;
  readonly #perAddress: ConnectionsPerAddress;
  readonly #rate: ConnectRate<TcpConnection<S>> | undefined;
  readonly #perSecond: number;
  readonly #ignoreBans: (host: string) => boolean;
  readonly #stopListening: () => void;
  readonly #possible: readonly RefusalCause[];
  #delayed = 0;

  constructor({ guards, log }: ListenContext, options: TcpOptions, owner: AdmissionOwner<S>) {
    const { perAddress, maxConnectionsPerAddress = 0, maxConnectRate = 0 } = options;
    const { proxyProtocol = false, ignoreBans } = options;
    this.refusals = new Refusals(log);
    this.#bans = guards?.bans;
    this.#ignoreBans = ignoreBans ?? (() => false);
    this.#perAddress = perAddress ?? new ConnectionsPerAddress(maxConnectionsPerAddress);
    this.#perSecond = maxConnectRate;
    if (maxConnectRate > 0)
      this.#rate = new ConnectRate<TcpConnection<S>>({
        perSecond: maxConnectRate,
        enter: (waited) => owner.enter(waited),
        displaced: (waited) => {
          this.#refuse("connect_rate", waited.remote.host, this.#tooFast);
          waited.destroy();
        },
      });
    this.#possible = [
      ...(guards === undefined ? [] : (["banned"] as const)),
      ...(this.#perAddress.limit === 0 ? [] : (["address_limit"] as const)),
      ...(maxConnectRate === 0 ? [] : (["connect_rate"] as const)),
      ...(proxyProtocol === false ? [] : (["proxy_header"] as const)),
    ];
    this.#stopListening = guards?.bans.onBan((ban) => this.#expel(owner, ban)) ?? (() => {});
  }

  /** A connection whose address is known. One that is refused has been logged; the caller closes it. */
  take(connection: TcpConnection<S>): Admitted {
    const { host } = connection.remote;
    if (this.isBanned(connection)) return "refused";
    // Whoever comes by a Unix socket has no address of its own.
    const key = connection.remote.transport === "ipc" ? "" : this.#perAddress.enter(host);
    if (key === undefined) {
      const { limit } = this.#perAddress;
      return this.#refuse(
        "address_limit",
        host,
        `it has ${limit}, as many as maxConnectionsPerAddress allows`,
      );
    }
    connection.addressKey = key;
    const admitted = this.#rate?.take(connection, ownKey(host)) ?? "enters";
    if (admitted === "waits") this.#delayed++;
    if (admitted !== "refused") return admitted;
    return this.#refuse("connect_rate", host, this.#tooFast);
  }

  get #tooFast(): string {
    return `more come than maxConnectRate allows, ${this.#perSecond} a second, and 10 seconds' worth of them wait`;
  }

  /** Whether its peer is banned; then that has been logged. */
  isBanned({ remote: { host } }: TcpConnection<S>): boolean {
    const ban = this.banOf(host);
    if (ban === undefined) return false;
    this.#refuse("banned", host, `it is banned (${ban.reason})`);
    return true;
  }

  banOf(host: string): Ban | undefined {
    if (this.#bans === undefined || this.#bans.isEmpty || this.#ignoreBans(host)) return undefined;
    return this.#bans.find(host);
  }

  #refuse(cause: "banned" | "address_limit" | "connect_rate", host: string, why: string): "refused" {
    this.refusals.add(cause, host, why);
    return "refused";
  }

  #expel(owner: AdmissionOwner<S>, ban: Ban): void {
    const range = ban.disconnects ? parseRange(ban.address) : undefined;
    if (range === undefined) return;
    for (const connection of [...owner.connections]) {
      // A proxy that is banned itself may speak for nobody.
      const hosts = [connection.remote.host, connection.proxyHost];
      const isMeant = hosts.some((host) => {
        const ip = host === undefined ? undefined : parseIp(host);
        return host !== undefined && ip !== undefined && isInRange(range, ip) && !this.#ignoreBans(host);
      });
      if (isMeant) owner.expel(connection, ban);
    }
  }

  /** The connection is closed. */
  gone(connection: TcpConnection<S>): void {
    this.#perAddress.leave(connection.addressKey);
    connection.addressKey = "";
    this.#rate?.gone(connection);
  }

  stop(): void {
    this.#stopListening();
    this.#rate?.stop();
  }

  stats(): Record<string, number> {
    return {
      ...this.refusals.stats(this.#possible),
      ...(this.#rate !== undefined && {
        connections_delayed_total: this.#delayed,
        connections_waiting: this.#rate.waiting,
      }),
    };
  }

  problems(): Problem[] {
    const waiting = this.#rate?.waiting ?? 0;
    const rate = this.#perSecond;
    const text = `${waiting} new connections wait: more come than maxConnectRate allows, ${rate} a second`;
    const slow = waiting === 0 ? [] : [problem("connect-rate", text, { waiting, rate })];
    return [...slow, ...this.refusals.problems()];
  }
}
