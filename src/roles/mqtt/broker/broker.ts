import type { Logger } from "../../../core/log.ts";
import type { Traffic } from "../../../core/traffic.ts";
import { MqttError } from "../../../protocol/mqtt/errors.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { printable } from "../../../protocol/text/printable.ts";
import { Connection, type Limits, type Peer } from "../client/connection.ts";
import type { MqttConfig } from "../config.ts";
import type { Access, Identity } from "../ports/access.ts";
import type { Bus } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { Retained, type RetainedJournal } from "../routing/retained.ts";
import { Routes } from "../routing/router.ts";
import { Subscription, type Terms } from "../routing/subscribers.ts";
import type { TopicWatch } from "../routing/topic-watch.ts";
import { Unheard } from "../routing/undelivered-topics.ts";
import { Deadlines } from "../session/deadlines.ts";
import type { Total } from "../session/queue.ts";
import { Expired } from "../session/queue-expiry.ts";
import { Turns } from "../session/scheduler.ts";
import { Session } from "../session/session.ts";
import { StoredMessages } from "../session/stored-messages.ts";
import { executeWill, publishWill } from "../session/will.ts";
import { Commits } from "../wire/commit-gate.ts";
import { Flusher } from "../wire/outbound-buffer.ts";
import { Uplink } from "./bus-link.ts";
import { Counters } from "./counters.ts";
import { measure } from "./gauges.ts";
import { Batch } from "./publisher.ts";
import { Pace } from "./rate-limiter.ts";
import { reload } from "./reload.ts";
import { restore } from "./restore.ts";
import { SysTopics } from "./sys-topics.ts";

/** What the broker needs from outside. */
export interface Surroundings {
  readonly log: Logger;
  readonly traffic: Traffic;
  readonly clock: Clock;
  readonly access: Access;
  readonly store: Store;
  readonly bus: Bus;
  /** Something that the broker cannot live with; it says nothing to anybody any more. */
  fail(error: Error): void;
  /** Name and version of the program, for `$SYS/broker/version`. */
  readonly product?: string;
}

/** How often keep alives, connect timeouts and deadlines are looked at, in milliseconds. */
const sweepPeriod = 250;

/** A sweep that is later than this comes after a pause of the whole process, in milliseconds. */
const pauseLimit = 1000;

/** What is common to all clients: sessions, subscriptions, retained messages. */
export class Broker {
  /** Looked up whenever it is needed: `reload` changes it. */
  readonly config: MqttConfig;
  readonly log: Logger;
  readonly traffic: Traffic;
  readonly clock: Clock;
  readonly access: Access;
  readonly store: Store;
  /** Messages as the store sees them. */
  readonly storedMessages: StoredMessages;
  readonly commits: Commits;
  /** To the other nodes. */
  readonly uplink: Uplink;
  readonly connections = new Set<Connection>();
  readonly sessions = new Map<string, Session>();
  readonly routes: Routes;
  readonly retained: Retained;
  readonly deadlines: Deadlines;
  readonly flusher: Flusher;
  readonly turns: Turns;
  /** What clients are publishing in this moment. */
  readonly batch: Batch;
  readonly #ownBatch: Batch;
  readonly counters = new Counters();
  /** Messages that found no subscriber. */
  readonly unheard = new Unheard();
  /** Present while somebody watches what is published. */
  watch: TopicWatch | undefined;
  /** What waits in the queues of all sessions, what is kept of what is in flight, and wills that wait. */
  readonly queued: Total = { bytes: 0 };
  readonly expired: Expired;
  readonly sysTopics: SysTopics;
  readonly pace: Pace;
  /** Bytes that have come and were not read yet, because their packet is not whole or their client is slowed. */
  receiveBacklog = 0;
  /** What the PUBLISH at hand is read into. */
  readonly view = new PublishView();
  readonly #stopSweeping: () => void;
  #lastSweep: number;
  /** Sessions without a client, the one that lost it first in front. */
  readonly #away = new Set<Session>();

  constructor(config: MqttConfig, surroundings: Surroundings) {
    const { log, traffic, clock, access, store, bus, fail, product = "distsrv" } = surroundings;
    this.config = { ...config };
    this.log = log;
    this.traffic = traffic;
    this.clock = clock;
    this.access = access;
    this.store = store;
    this.storedMessages = new StoredMessages(clock);
    const onFailure = (cause: unknown) => fail(new Error("Cannot keep what clients said", { cause }));
    this.commits = new Commits(store, clock.soon, onFailure);
    this.uplink = new Uplink(this, bus);
    // A filter's age may be wrong by a sweep: who subscribes to thousands does not ask the clock for each.
    this.routes = new Routes(this.config, this.uplink, undefined, () => this.#lastSweep);
    const onFull = (isFirst: boolean) => this.#retainedFull(isFirst);
    this.retained = new Retained(this.config, onFull, this.#retainedJournal(), clock.now);
    this.deadlines = new Deadlines(clock.now());
    this.flusher = new Flusher(clock.soon, undefined, this.commits);
    this.turns = new Turns(clock);
    this.expired = new Expired(this);
    this.pace = new Pace(this.config, clock);
    this.#lastSweep = clock.now();
    this.batch = new Batch(this, this.uplink);
    this.#ownBatch = new Batch(this, this.uplink);
    this.#stopSweeping = clock.every(sweepPeriod, () => this.#sweep());
    this.sysTopics = new SysTopics(this, product);
    this.sysTopics.run(config.sysInterval);
  }

  #retainedJournal(): RetainedJournal | undefined {
    const { store, storedMessages } = this;
    if (!store.isDurable) return undefined;
    return {
      retained: (message) => store.retain(storedMessages.of(message)),
      cleared: (topic) => store.clear(topic),
    };
  }

  /** Puts back what the store kept, and joins the other nodes; to be awaited before the first client is let in. */
  async open(): Promise<void> {
    const contents = await this.store.load();
    this.commits.asOne(() => restore(this, contents));
    await this.uplink.join();
  }

  #closed: Promise<void> | undefined;
  /** Lets go of the other nodes and of the store, after `stop`; safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#letGo();
    return this.#closed;
  }

  async #letGo(): Promise<void> {
    try {
      await this.uplink.leave();
    } finally {
      this.commits.commit();
      await this.store.close();
    }
  }

  /** Somebody has connected. */
  accept(link: Peer, limits: Limits = this.config): Connection {
    const connection = new Connection(this, link, limits);
    this.connections.add(connection);
    this.counters.accepted++;
    return connection;
  }

  /** The connection is closed, however that came; called once. */
  left(connection: Connection): void {
    this.connections.delete(connection);
    const { session, will } = connection;
    if (session !== undefined) this.counters.disconnects++;
    if (session === undefined || session.connection !== connection) return;
    this.commits.asOne(() => {
      session.connection = undefined;
      session.left();
      if (will !== undefined) executeWill(this, session, will);
      if (session.expiry > 0) this.#setAway(session, session.expiry);
      else this.endSession(session);
    });
  }

  /** Keeps a session without a client for so many milliseconds. */
  #setAway(session: Session, milliseconds: number): void {
    session.journal?.setAway(true);
    this.#away.add(session);
    if (milliseconds < Number.POSITIVE_INFINITY) {
      const end = this.clock.now() + milliseconds;
      session.cancelExpiry = this.deadlines.at(end, () => this.#expire(session)); // [MQTT-3.1.2-23]
    }
  }

  /** A session that the store kept, whose client has been away for so many milliseconds. */
  putBack(clientId: string, owner: string | undefined, expiry: number, away: number): Session {
    const session = new Session(clientId, this, owner);
    session.restore(expiry);
    this.sessions.set(clientId, session);
    this.#setAway(session, expiry - away);
    return session;
  }

  /**
   * Makes room for a client that the broker does not know yet, at the cost of one that left: otherwise whoever
   * leaves enough sessions behind would shut everybody else out.
   * @returns false when all sessions are in use
   */
  makeRoomForSession(): boolean {
    if (this.sessions.size < this.config.maxSessions) return true;
    const [oldest] = this.#away;
    if (oldest === undefined) return false;
    const name = printable(oldest.clientId, 40);
    this.log.debug(
      `Ended the session of "${name}", which is away: maxSessions is ${this.config.maxSessions}`,
    );
    this.#expire(oldest);
    return true;
  }

  #expire(session: Session): void {
    this.counters.sessionsExpired++;
    this.endSession(session);
  }

  /** The session of this client identifier: the one there is, or a new one. */
  openSession({ clientId, username }: Identity): { readonly session: Session; readonly isNew: boolean } {
    const kept = this.sessions.get(clientId);
    if (kept !== undefined) {
      kept.cancelExpiry?.();
      kept.cancelExpiry = undefined;
      this.#away.delete(kept);
      kept.journal?.setAway(false);
      return { session: kept, isNew: false };
    }
    const session = new Session(clientId, this, username);
    this.sessions.set(clientId, session);
    return { session, isNew: true };
  }

  /** Nothing of the session remains. A will that still waited is published now. */
  endSession(session: Session): void {
    if (this.sessions.get(session.clientId) !== session) return;
    session.cancelExpiry?.();
    this.#away.delete(session);
    this.commits.asOne(() => {
      this.#publishDelayedWill(session);
      this.sessions.delete(session.clientId);
      session.end();
    });
  }

  #publishDelayedWill(session: Session): void {
    const { delayedWill } = session;
    session.delayedWill = undefined;
    delayedWill?.cancel();
    delayedWill?.publish();
  }

  /** Seconds as a client gives them, as milliseconds that the broker grants. */
  sessionExpiry(seconds: number): number {
    const wanted = seconds === 0xffffffff ? Number.POSITIVE_INFINITY : seconds * 1000;
    return Math.min(wanted, this.config.maxSessionExpiry);
  }

  /** @returns false when the session had this filter already: the old subscription gives way. [MQTT-3.8.4-3] */
  subscribe(session: Session, terms: Terms): boolean {
    session.journal?.subscribed(terms);
    return this.resubscribe(session, terms);
  }

  /** The same, for a subscription that the store knows of. */
  resubscribe(session: Session, terms: Terms): boolean {
    const subscription = new Subscription(session, terms);
    const before = session.subscriptions.get(terms.filter);
    session.subscriptions.set(terms.filter, subscription);
    if (before === undefined) this.routes.add(subscription);
    else this.routes.replace(before, subscription);
    return before === undefined;
  }

  /** @returns whether there was such a subscription */
  unsubscribe(session: Session, filter: string): boolean {
    const subscription = session.subscriptions.get(filter);
    if (subscription === undefined) return false;
    session.journal?.unsubscribed(filter);
    session.subscriptions.delete(filter);
    this.routes.remove(subscription);
    return true;
  }

  /** Publishes a message that no client is just sending: `packet` is a PUBLISH of MQTT 5. */
  publish(packet: Buffer, topic: string, publisher?: Session): void {
    // Not the view and the batch of what is under way: a will may be published in the middle of it.
    const view = new PublishView();
    const frame = new Frame();
    frame.read(packet, 0, packet.length);
    view.read(packet, 0, frame.body, frame.end, 5);
    const batch = this.#ownBatch.count === 0 ? this.#ownBatch : new Batch(this, this.uplink);
    batch.add(view, packet, this.routes.ofText(topic), publisher, true);
    this.commits.asOne(() => batch.deliver());
  }

  #sweep(): void {
    const now = this.clock.now();
    this.#forgivePause(now);
    this.deadlines.run(now);
    for (const connection of this.connections) {
      const silence = now - connection.lastSeen;
      if (connection.state === "open") {
        if (connection.patience === 0 || silence <= connection.patience || connection.isSlowed) continue;
        // [MQTT-3.1.2-22]
        const message = `silent for ${Math.round(silence / 1000)} s, which is more than 1.5 times its keep alive`;
        connection.fail(new MqttError(Reason.KeepAliveTimeout, message));
      } else if (silence > connection.limits.connectTimeout) {
        this.log.debug(`Closed ${connection.name}: not let in within ${connection.limits.connectTimeout} ms`);
        connection.close();
      }
    }
  }

  // The process was stopped, or the machine slept: what clients sent meanwhile has not been read yet, so the time
  // does not count as their silence.
  #forgivePause(now: number): void {
    const late = now - this.#lastSweep - sweepPeriod;
    this.#lastSweep = now;
    if (late <= pauseLimit) return;
    for (const connection of this.connections) {
      connection.lastSeen = Math.min(now, connection.lastSeen + late);
    }
  }

  /** @returns false, and changes nothing, when the new configuration needs a restart */
  reload(next: MqttConfig): boolean {
    return reload(this, next);
  }

  #retainedFull(isFirst: boolean): void {
    this.counters.drop("retained_full");
    if (!isFirst) return;
    this.log.warning(
      `Cannot retain another message: ${this.retained.size} topics have one, and maxRetained or maxRetainedBytes is reached; further ones are only counted`,
    );
  }

  /** Says goodbye to everybody and stops what runs by itself. */
  stop(): void {
    this.#stopSweeping();
    this.sysTopics.stop();
    this.pace.stop();
    this.#publishWills();
    for (const connection of [...this.connections]) {
      if (connection.session !== undefined) this.#sendAway(connection);
      else connection.close();
    }
  }

  /** A client that is told of another server may turn to it at once. */
  #sendAway(connection: Connection): void {
    const { serverReference } = this.config;
    const reason = serverReference === undefined ? Reason.ServerShuttingDown : Reason.UseAnotherServer;
    connection.disconnect(reason, "the server is stopping", serverReference);
  }

  // While everybody is still there to hear them. No store keeps a will, so none waits for its delay.
  #publishWills(): void {
    for (const connection of this.connections) {
      const { session, will } = connection;
      connection.will = undefined;
      if (session !== undefined && will !== undefined) publishWill(this, session, will);
    }
    for (const session of this.sessions.values()) this.#publishDelayedWill(session);
  }

  stats(): Record<string, number> {
    const { connected, away, inflight, queued, queuedBytes, shared } = measure(this);
    return {
      connections: this.connections.size,
      sessions: this.sessions.size,
      sessions_connected: connected,
      sessions_away: away,
      subscriptions: this.routes.size,
      shared_subscriptions: shared,
      retained: this.retained.size,
      retained_bytes: this.retained.bytes,
      inflight,
      queued_messages: queued,
      queued_bytes: queuedBytes,
      send_buffer_bytes: this.flusher.backlog,
      receive_buffer_bytes: this.receiveBacklog,
      ...this.counters.report(),
    };
  }
}
