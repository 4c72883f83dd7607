import type { Audit } from "../../../core/audit.ts";
import type { Logger } from "../../../core/log.ts";
import type { Traffic } from "../../../core/traffic.ts";
import { MqttError } from "../../../protocol/mqtt/errors.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { MqttConfig } from "../config.ts";
import type { Access } from "../ports/access.ts";
import type { Bus } from "../ports/bus.ts";
import type { Clock } from "../ports/clock.ts";
import type { Store } from "../ports/store.ts";
import { Retained, type RetainedListener } from "../routing/retained.ts";
import { Router } from "../routing/router.ts";
import { TopicStatistics } from "../routing/topic-statistics.ts";
import { UndeliveredTopics } from "../routing/undelivered-topics.ts";
import { FairShare } from "../session/fair-share.ts";
import { QueueExpiry } from "../session/queue-expiry.ts";
import { QueuedMemory } from "../session/queued-memory.ts";
import { Scheduler } from "../session/scheduler.ts";
import type { Session } from "../session/session.ts";
import type { SessionContext } from "../session/session-context.ts";
import { TimerWheel } from "../session/timer-wheel.ts";
import { isDelayed, publishDelayedWill, publishOrDelayWill, publishWill } from "../session/will.ts";
import { CommitGate } from "../wire/commit-gate.ts";
import { Counters } from "../wire/counters.ts";
import { forEachGuarded } from "../wire/guard.ts";
import { LargePacket, minLargePacket } from "../wire/large-packet.ts";
import { ObservedBytes } from "../wire/observed-bytes.ts";
import { Flusher } from "../wire/outbound-buffer.ts";
import { BusLink } from "./bus-link.ts";
import type { Client } from "./client.ts";
import { ClientAudit } from "./client-audit.ts";
import { measure } from "./gauges.ts";
import { liveState } from "./live-state.ts";
import { Publisher } from "./publisher.ts";
import { RateLimiter } from "./rate-limiter.ts";
import { Refusals } from "./refusals.ts";
import { applyReload } from "./reload.ts";
import { restore } from "./restore.ts";
import { SessionRegistry } from "./session-registry.ts";
import { SysTopics } from "./sys-topics.ts";

/** What the broker needs from outside. */
export interface BrokerDependencies {
  readonly log: Logger;
  readonly traffic: Traffic;
  readonly audit?: Audit | undefined;
  readonly clock: Clock;
  readonly access: Access;
  readonly store: Store;
  readonly bus: Bus;
  /** Is called with an error that the broker cannot live with; from then on it sends nothing any more. */
  fail(error: Error): void;
  /** Name and version of the program, for `$SYS/broker/version`. */
  readonly product?: string;
}

/** How often keep alives, connect timeouts and timers are checked, in milliseconds. */
const sweepPeriod = 250;

/** A sweep that is later than this comes after a pause of the whole process, in milliseconds. */
const maxSweepDelay = 1000;

/** Internal errors are logged at most so often, in milliseconds. */
const internalErrorPause = 60_000;

const diskFull =
  "The disk is full: messages at QoS 1 and 2 and retained ones are refused (0x97) until there is room; deliveries go on";

/** What is common to all clients: sessions, subscriptions, retained messages. */
export class Broker implements SessionContext {
  /** To be read whenever it is needed: `reload` changes it. */
  readonly config: MqttConfig;
  readonly log: Logger;
  readonly traffic: Traffic;
  readonly clock: Clock;
  readonly access: Access;
  readonly store: Store;
  readonly gate: CommitGate;
  readonly busLink: BusLink;
  readonly clients = new Set<Client>();
  readonly registry: SessionRegistry;
  readonly router: Router;
  readonly retained: Retained;
  readonly timers: TimerWheel;
  readonly flusher: Flusher;
  readonly scheduler: Scheduler;
  /** Publishes what clients send. */
  readonly publisher: Publisher;
  /** Publishes wills, `$SYS` and the messages of built-in publishers. */
  readonly #ownPublisher: Publisher;
  readonly counters = new Counters();
  readonly undelivered = new UndeliveredTopics();
  /** Of what is published. */
  readonly statistics = new TopicStatistics(Date.now);
  readonly queued = new QueuedMemory();
  readonly queueExpiry: QueueExpiry;
  readonly fairShare: FairShare;
  readonly sysTopics: SysTopics;
  readonly rateLimiter: RateLimiter;
  readonly refusals: Refusals;
  readonly audit: ClientAudit;
  /** What a client's PUBLISH is read into. */
  readonly view = new PublishView();
  readonly observedBytes = new ObservedBytes();
  /** Bytes that have come and were not read yet, because their packet is not whole or their client is throttled. */
  receiveBacklog = 0;
  /** Clients without MQTT 5 whose message was not taken for want of room: once they have connected again they repeat it. */
  readonly starved = new Set<Client>();
  #nextInternalError = 0;
  readonly #stopSweeping: () => void;
  #lastSweep: number;

  constructor(config: MqttConfig, dependencies: BrokerDependencies) {
    const { log, traffic, clock, access, store, bus, fail, product = "distsrv" } = dependencies;
    this.config = { ...config };
    this.log = log;
    this.traffic = traffic;
    this.clock = clock;
    this.access = access;
    this.store = store;
    const onFailure = (cause: unknown) => fail(new Error("The store failed to commit", { cause }));
    const { onError } = this;
    this.gate = new CommitGate(store, clock.soon, onFailure, onError);
    this.registry = new SessionRegistry(this);
    this.busLink = new BusLink(this, bus);
    // A filter's age may be wrong by a sweep: a client with thousands of filters does not read the clock for each.
    const now = () => this.#lastSweep;
    this.router = new Router(this.config, {
      filterListener: this.busLink,
      maxTopics: config.topicCacheSize,
      now,
      counters: this.counters,
    });
    this.retained = new Retained(this.config, {
      onFull: (isFirst, greedy) => this.#retainedFull(isFirst, greedy),
      listener: this.#retainedListener(),
      now: clock.now,
    });
    this.timers = new TimerWheel(clock.now(), onError);
    this.flusher = new Flusher(clock.soon, undefined, this.gate, onError);
    this.scheduler = new Scheduler(clock, onError);
    this.queueExpiry = new QueueExpiry(this);
    this.fairShare = new FairShare(this);
    this.rateLimiter = new RateLimiter(this.config, clock, onError);
    this.audit = new ClientAudit(dependencies.audit, clock.now);
    this.refusals = new Refusals(log, clock.now, this.audit);
    this.#lastSweep = clock.now();
    this.publisher = new Publisher(this, this.busLink);
    this.#ownPublisher = new Publisher(this, this.busLink);
    this.#stopSweeping = clock.every(sweepPeriod, () => this.#sweep());
    this.sysTopics = new SysTopics(this, product);
    this.sysTopics.run(config.sysInterval);
  }

  /** What should not happen: it is logged, and everybody else is served on. */
  readonly onError = (error: unknown): void => {
    this.counters.internalErrors++;
    const now = this.clock.now();
    if (now < this.#nextInternalError) return;
    this.#nextInternalError = now + internalErrorPause;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.log.error(`Internal error; further ones of the next minute are only counted: ${text}`);
  };

  /** The sessions of all clients, by client identifier. */
  get sessions(): ReadonlyMap<string, Session> {
    return this.registry.all;
  }

  get limits(): MqttConfig {
    return this.config;
  }

  #retainedListener(): RetainedListener | undefined {
    const { store } = this;
    if (!store.isDurable) return undefined;
    return {
      retained: (message) => store.retain(message),
      cleared: (topic) => store.clear(topic),
    };
  }

  /** Restores what the store kept, and joins the other nodes; to be awaited before the first client is let in. */
  async open(): Promise<void> {
    const contents = await this.store.load();
    this.gate.transaction(() => restore(this, contents));
    const { release: onDurable, fail: onFailure } = this.gate;
    this.store.begin(liveState(this), { onDurable, onFailure, onRoom: () => this.#roomChanged() });
    await this.busLink.join();
  }

  #closed: Promise<void> | undefined;
  /** Leaves the other nodes and closes the store, after `stop`; safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.busLink.leave();
    } finally {
      this.gate.commit();
      await this.store.close();
    }
  }

  /** A client has connected. */
  connected(client: Client): void {
    this.clients.add(client);
    this.counters.accepted++;
  }

  /** The connection is closed, however that came; called once. */
  disconnected(client: Client): void {
    this.clients.delete(client);
    this.starved.delete(client);
    const { session, will } = client;
    if (session !== undefined) {
      this.counters.disconnects++;
      this.audit.record("client-disconnected", client);
    }
    if (session === undefined || this.registry.clientOf(session) !== client) return;
    this.gate.transaction(() => {
      session.detach();
      try {
        if (will !== undefined) publishOrDelayWill(this, session, will);
      } finally {
        // Whatever becomes of the will: the session has lost its client.
        this.registry.detach(session);
      }
    });
  }

  /**
   * Publishes a message that no client is sending now.
   * @param packet a PUBLISH of MQTT 5, which nobody uses any more: a large one is sent from where it lies, and freed
   * @param origin the session whose message it is, for subscriptions with no local
   * @param group what `Traffic.begin` said of it
   */
  publish(packet: Buffer, topic: string, origin?: object, group?: number): void {
    // Not the view and the publisher of what clients send: a will may be published in the middle of that.
    const view = new PublishView();
    const frame = new Frame();
    frame.read(packet, 0, packet.length);
    view.read(packet, 0, frame.body, frame.end, 5);
    const own = this.#ownPublisher.isIdle ? this.#ownPublisher : new Publisher(this, this.busLink);
    own.add(view, packet, this.router.topicNamed(topic), origin, true, group);
    if (packet.length < minLargePacket) this.gate.transaction(() => own.flush());
    else this.#publishLarge(own, new LargePacket(packet));
  }

  #publishLarge(publisher: Publisher, packet: LargePacket): void {
    try {
      this.gate.transaction(() => publisher.flushLarge(packet));
    } finally {
      packet.release();
    }
  }

  #sweep(): void {
    const now = this.clock.now();
    this.#compensatePause(now);
    this.timers.run(now);
    forEachGuarded(this.clients, (client) => this.#checkSilence(client, now), this.onError);
  }

  #checkSilence(client: Client, now: number): void {
    const silence = now - client.lastSeen;
    if (client.session !== undefined) {
      const { keepAliveTimeout } = client;
      if (keepAliveTimeout === 0 || silence <= keepAliveTimeout || client.isThrottled) return;
      // [MQTT-3.1.2-22]
      const message = `silent for ${Math.round(silence / 1000)} s, which is more than 1.5 times its keep alive`;
      client.fail(new MqttError(Reason.KeepAliveTimeout, message));
    } else if (silence > client.connectTimeout) {
      this.log.debug(`Closed ${client.name}: not let in within ${client.connectTimeout} ms`);
      client.close();
    }
  }

  // The process was stopped, or the machine slept: what clients sent meanwhile has not been read yet, so the time
  // does not count as their silence.
  #compensatePause(now: number): void {
    const late = now - this.#lastSweep - sweepPeriod;
    this.#lastSweep = now;
    if (late <= maxSweepDelay) return;
    for (const client of this.clients) client.lastSeen = Math.min(now, client.lastSeen + late);
  }

  /** @returns false, and changes nothing, when the new configuration needs a restart */
  reload(next: MqttConfig): boolean {
    const { sysInterval } = this.config;
    if (!applyReload(this.config, next)) return false;
    if (next.sysInterval !== sysInterval) this.sysTopics.run(next.sysInterval);
    this.rateLimiter.changed();
    return true;
  }

  /** The rules have changed. The next message of everybody obeys them, and what waits in queues. */
  permissionsChanged(): void {
    this.refusals.forget();
    for (const client of this.clients) client.forgetLastTopic();
    this.gate.transaction(() => {
      const { sessions, onError } = this;
      forEachGuarded(sessions.values(), (session) => session.changePermissions(), onError);
      // Everybody's have changed by now: what one may not get goes to a member of its group that may.
      forEachGuarded(sessions.values(), (session) => session.dropForbidden(), onError);
    });
  }

  #retainedFull(isFirst: boolean, greedy: string | undefined): void {
    this.counters.drop("retained_full");
    if (!isFirst) return;
    const why =
      greedy === undefined
        ? "maxRetained or maxRetainedBytes is reached"
        : `three quarters of maxRetained or maxRetainedBytes are in use; the rest is for those who retain less than ${printable(greedy, 60)}`;
    this.log.warning(
      `Cannot retain another message: ${this.retained.size} topics have one, and ${why}; further ones are only counted`,
    );
  }

  /** Disconnects everybody and stops all timers. */
  stop(): void {
    this.#stopSweeping();
    this.sysTopics.stop();
    this.rateLimiter.stop();
    this.#publishWills();
    forEachGuarded([...this.clients], (client) => this.#stopClient(client), this.onError);
  }

  #stopClient(client: Client): void {
    if (client.session !== undefined) this.#disconnectForShutdown(client);
    else client.close();
  }

  /** With a server reference the client may connect to that at once. */
  #disconnectForShutdown(client: Client): void {
    const { serverReference } = this.config;
    const reason = serverReference === undefined ? Reason.ServerShuttingDown : Reason.UseAnotherServer;
    client.disconnect(reason, "the server is stopping", serverReference);
  }

  // While everybody is still there to get them. Those that are to wait do so in the store, if it is durable.
  #publishWills(): void {
    forEachGuarded(this.clients, (client) => this.#publishWill(client), this.onError);
    if (!this.store.isDurable) forEachGuarded(this.sessions.values(), publishDelayedWill, this.onError);
  }

  #publishWill(client: Client): void {
    const { session, will } = client;
    if (session === undefined || will === undefined) return;
    if (this.store.isDurable && isDelayed(session, will)) return;
    client.will = undefined;
    this.gate.transaction(() => publishWill(this, session, will));
  }

  /** Why not everything that clients publish is taken; undefined: it is. */
  get unready(): string | undefined {
    return this.store.hasRoom ? undefined : diskFull;
  }

  /** The disk has no room for the next segment, or has it again. */
  #roomChanged(): void {
    if (this.store.hasRoom) {
      this.log.info("The disk has room again: messages at QoS 1 and 2 are taken");
      forEachGuarded([...this.starved], (client) => client.close(), this.onError);
      this.starved.clear();
    } else {
      this.log.error(diskFull);
    }
  }

  stats(): Record<string, number> {
    const { connected, away, inflight, queued, queuedBytes, shared } = measure(this.sessions);
    return {
      connections: this.clients.size,
      sessions: this.sessions.size,
      sessions_connected: connected,
      sessions_away: away,
      subscriptions: this.router.size,
      shared_subscriptions: shared,
      retained: this.retained.size,
      retained_bytes: this.retained.bytes,
      inflight,
      queued_messages: queued,
      queued_bytes: queuedBytes,
      send_buffer_bytes: this.flusher.backlog,
      receive_buffer_bytes: this.receiveBacklog,
      publishes_refused_total: this.refusals.counts.publish,
      subscriptions_refused_total: this.refusals.counts.subscribe,
      ...this.counters.report(),
    };
  }
}
