import { createHmac } from "node:crypto";
import type { Disk } from "../../../storage/disk.ts";
import { LogDirectory, type OpenLog } from "../../../storage/log.ts";
import type { LogContents } from "../../../storage/log-reader.ts";
import type { Grant } from "../ports/access.ts";
import type { Clock } from "../ports/clock.ts";
import type {
  Contents,
  LiveSession,
  LiveState,
  RecordedDelivery,
  RecordedMessage,
  Store,
  StoredSubscription,
  StoreEvents,
} from "../ports/store.ts";
import { Checkpoint } from "./checkpoint.ts";
import type { PersistenceConfig } from "./config.ts";
import { reportDamage, setAside } from "./damage.ts";
import { RecordWriter } from "./record-writer.ts";
import { Op } from "./records.ts";
import { Replay } from "./replay.ts";
import { SessionTable } from "./session-table.ts";

export interface DiskStoreOptions {
  readonly config: PersistenceConfig;
  /** The broker's clock. */
  readonly clock: Clock;
  /** Milliseconds by the calendar. */
  readonly wall: () => number;
  readonly log: StoreLog;
  /** Who uses the directory, as others are told. */
  readonly owner: string;
  /** Another disk, in tests. */
  readonly disk?: Disk;
  /** A checkpoint records about so much in one go, in bytes. */
  readonly checkpointPiece?: number;
}

export interface StoreLog {
  info(message: string): void;
  warning(message: string): void;
  error(message: string): void;
}

interface RecordedWill {
  readonly delay: number;
  readonly packet: () => Uint8Array;
  readonly author: string | undefined;
}

/** A checkpoint records so much in each group, in bytes: a millisecond's work, and no matter to those who wait for it. */
const minPiece = 256 * 1024;

/** It is not worth a piece. */
const minUseful = 100;

/** More when clients change more, so that it ends; but a group stays small. */
const maxPiece = 1024 * 1024;

/** What is recorded and not on the disk yet may become so large before clients are read no more, in bytes. */
const maxWaiting = 4 * 1024 * 1024;

/** How much larger than what it keeps the log may become, besides a segment. */
const maxGrowth = 1.5;

/** A store on the disk: a log of groups, one for each turn of the event loop or several. */
export class DiskStore implements Store {
  readonly isDurable = true;
  readonly #options: DiskStoreOptions;
  readonly #sessions = new SessionTable();
  readonly #wills = new Map<string, RecordedWill>();
  #directory: LogDirectory | undefined;
  #opened: OpenLog | undefined;
  /** These two are there once `load` has opened the log: nothing is recorded before. */
  #writer!: OpenLog["writer"];
  #record!: RecordWriter;
  #state: LiveState | undefined;
  #events: StoreEvents | undefined;
  #failure: unknown;
  #checkpoint: Checkpoint | undefined;
  /** The end of a checkpoint is in this group; 0: there is none on its way. */
  #endsIn = 0;
  /** Messages with lower numbers are recorded again when they are needed: they were before the checkpoint. */
  #firstMessage = 1;
  /** What a checkpoint had to record last time, in bytes. */
  #liveSize = 0;
  /** How far the log was when a checkpoint went on. */
  #lastPosition = 0;
  #wantsCheckpoint = false;
  /** Changes that nobody waits for. */
  #unwaited = 0;

  /** The disk is synced from time to time, and nobody waits for it. */
  readonly #isLazy: boolean;

  constructor(options: DiskStoreOptions) {
    this.#options = options;
    this.#isLazy = options.config.sync > 0;
  }

  get description(): string {
    const { sync } = this.#options.config;
    return sync === 0 ? "disk, synced before each acknowledgement" : `disk, synced every ${sync} ms`;
  }

  /** Random, and the same after a restart, once `load` has opened the log; nothing of the log follows from it. */
  get secret(): Uint8Array | undefined {
    const identity = this.#opened?.identity;
    return identity === undefined
      ? undefined
      : createHmac("sha256", "names that nobody has").update(identity.toString(16)).digest();
  }

  get recorded(): number {
    return this.#opened === undefined ? 0 : this.#record.count - this.#unwaited;
  }

  get recording(): number {
    // What waits for nothing is written at once.
    return this.#isLazy || this.#opened === undefined ? 0 : this.#writer.recording;
  }

  get durable(): number {
    return this.#isLazy || this.#opened === undefined ? 0 : this.#writer.durable;
  }

  /** How much has been recorded, as if all that was ever written were one file. */
  get position(): number {
    return this.#opened?.writer.position ?? 0;
  }

  /** The group that the next record belongs to, whether anybody waits for it or not. */
  get group(): number {
    return this.#opened?.writer.recording ?? 0;
  }

  /** The last group that a power cut leaves, whatever `persistence.sync` is. */
  get synced(): number {
    return this.#opened?.writer.synced ?? 0;
  }

  get hasRoom(): boolean {
    return this.#opened?.pool.hasRoom ?? true;
  }

  async load(): Promise<Contents> {
    const { config, wall, owner, disk } = this.#options;
    const directory = await openDirectory(config.directory, owner, disk);
    this.#directory = directory;
    const replay = new Replay(wall);
    const nonsense: string[] = [];
    const start = performance.now();
    const contents = await directory.read((body, group) => {
      try {
        replay.group(body);
      } catch (error) {
        nonsense.push(`group ${group}: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
    await this.#checkDamage(contents, replay, nonsense);
    await this.#append(directory, contents, replay);
    this.#reportLoad(contents, replay.counts, performance.now() - start);
    return replay.contents();
  }

  async #checkDamage(contents: LogContents, replay: Replay, nonsense: readonly string[]): Promise<void> {
    if (contents.damages.length === 0 && nonsense.length === 0) return;
    const { config, log } = this.#options;
    const report = reportDamage(config.directory, contents.damages, nonsense, replay.missing());
    if (config.onDamage === "stop") throw new Error(report);
    const aside = await setAside(config.directory, contents.damages);
    log.error(`${report}${aside.length === 0 ? "" : `; the damaged parts are kept in ${aside.join(", ")}`}`);
    // What is left is recorded anew, so that the damage is told once.
    this.#wantsCheckpoint = true;
  }

  async #append(directory: LogDirectory, contents: LogContents, replay: Replay): Promise<void> {
    const { config } = this.#options;
    this.#opened = await directory.append(contents, {
      segmentSize: config.segmentSize,
      syncInterval: config.sync,
      onDurable: () => this.#durable(),
      onGroupBegun: () => this.#groupBegun(),
      onSynced: (group) => this.#synced(group),
      onFailure: (cause) => this.#failed(cause),
      onRoom: () => this.#roomChanged(),
    });
    this.#sessions.restore(replay.sessionNumbers(), replay.lastSession);
    for (const { clientId, delay, packet, author } of replay.wills()) {
      this.#wills.set(clientId, { delay, packet: () => packet, author });
    }
    this.#writer = this.#opened.writer;
    this.#record = new RecordWriter(this.#writer, replay.nextMessage);
    // Messages that were read are other objects now: they are recorded again when they are needed.
    this.#firstMessage = replay.nextMessage;
  }

  #reportLoad(
    contents: LogContents,
    { sessions, retained, wills }: Replay["counts"],
    milliseconds: number,
  ): void {
    const { config, log } = this.#options;
    if (contents.torn > 0) {
      log.info(
        `${config.directory}: the last group, of ${contents.torn} bytes, was not written to its end and is left out; nobody was told of it`,
      );
    }
    if (contents.unsynced !== undefined) {
      log.warning(
        `${config.directory}: the last ${contents.unsynced.groups} groups had not been synced when the power failed, and not all of them are there: they are left out, which is what came after the last sync (persistence.sync)`,
      );
    }
    const counts = [count(sessions, "session"), count(retained, "retained message"), count(wills, "will")];
    log.info(
      `Read ${counts.join(", ")} from ${config.directory} (${contents.bytes} bytes in ${Math.round(milliseconds)} ms)`,
    );
    if (config.sync > 0) {
      log.warning(
        `${config.directory} is synced every ${config.sync} ms only (persistence.sync): a power cut may take away what was acknowledged since then`,
      );
    }
  }

  begin(state: LiveState, events: StoreEvents): void {
    this.#state = state;
    this.#events = events;
    this.commit();
  }

  keepSession(
    clientId: string,
    expiry: number,
    owner: string | undefined,
    prefix?: string,
    grant?: Grant,
  ): void {
    this.#record.session(this.#sessions.open(clientId), { clientId, owner, prefix, grant, expiry });
  }

  setAway(clientId: string, isAway: boolean): void {
    const time = isAway ? this.#options.wall() : 0;
    const session = this.#sessions.get(clientId);
    if (session !== undefined) session.awaySince = time;
    this.#record.away(this.#sessions.numberOf(clientId), time);
  }

  endSession(clientId: string): void {
    this.#record.end(this.#sessions.numberOf(clientId));
    this.#sessions.delete(clientId);
    this.#checkpoint?.ended(clientId);
  }

  subscribe(clientId: string, subscription: StoredSubscription): void {
    this.#record.subscribe(this.#sessions.numberOf(clientId), subscription);
  }

  unsubscribe(clientId: string, filter: string): void {
    this.#record.unsubscribe(this.#sessions.numberOf(clientId), filter);
  }

  deliver(clientId: string, delivery: RecordedDelivery, number: number, packetId: number | undefined): void {
    const session = this.#sessions.numberOf(clientId);
    const { message } = delivery;
    // A run of deliveries stands before its messages, so it is begun before the first of them.
    const isNew = !this.#isRecorded(message);
    this.#record.deliver(session, delivery, number, this.#numberFor(message), packetId);
    if (isNew) message.storeNumber = this.#record.message(message, this.#expiryOf(message));
  }

  deliverRun(
    clientId: string,
    deliveries: readonly RecordedDelivery[],
    number: number,
    packetId: number,
  ): void {
    const [first] = deliveries;
    if (first === undefined) return;
    const { message } = first;
    const isNew = !this.#isRecorded(message);
    const from = this.#numberFor(message);
    const isRun = isNew
      ? deliveries.every((one) => !this.#isRecorded(one.message))
      : deliveries.every((one, i) => one.message.storeNumber === from + i);
    if (!isRun) {
      // Others have some of the messages already, and not the rest.
      for (const [i, one] of deliveries.entries()) this.deliver(clientId, one, number + i, packetId + i);
      return;
    }
    const session = this.#sessions.numberOf(clientId);
    this.#record.deliver(session, first, number, from, packetId, deliveries.length);
    if (isNew) this.#record.messages(deliveries, this.#expiryOf);
  }

  /** A reader who begins at the checkpoint finds it. */
  #isRecorded({ storeNumber }: RecordedMessage): boolean {
    return storeNumber >= this.#firstMessage;
  }

  /** The number that the message has, or is to have. */
  #numberFor(message: RecordedMessage): number {
    return this.#isRecorded(message) ? message.storeNumber : this.#record.nextMessage;
  }

  sent(clientId: string, delivery: RecordedDelivery, number: number, packetId: number): void {
    // A reader that begins at the checkpoint does not know it yet.
    if (this.#checkpoint?.isToCome(clientId, number)) this.deliver(clientId, delivery, number, packetId);
    else this.#record.sent(this.#sessions.numberOf(clientId), number, packetId);
  }

  pubrec(clientId: string, packetId: number): void {
    this.#record.change(Op.Pubrec, this.#sessions.numberOf(clientId), packetId);
  }

  completed(clientId: string, packetId: number): void {
    // Nobody is told of it, and what a crash undoes is sent again and acknowledged again.
    this.#unwaited++;
    this.#record.change(Op.Completed, this.#sessions.numberOf(clientId), packetId);
  }

  dequeued(clientId: string, number: number): void {
    this.#record.change(Op.Dequeued, this.#sessions.numberOf(clientId), number);
  }

  received(clientId: string, packetId: number): void {
    this.#record.change(Op.Received, this.#sessions.numberOf(clientId), packetId);
  }

  released(clientId: string, packetId: number): void {
    this.#record.change(Op.Released, this.#sessions.numberOf(clientId), packetId);
  }

  retain(message: RecordedMessage): void {
    this.#record.retain(message, this.#expiryOf(message));
  }

  clear(topic: string): void {
    this.#record.clear(topic);
  }

  keepWill(clientId: string, delay: number, packet: () => Uint8Array, author?: string): void {
    const bytes = packet();
    this.#wills.set(clientId, { delay, packet, author });
    // A client without a session that lasts is told nothing of it, and waits for nothing.
    this.#unwaited++;
    this.#record.will(clientId, delay, bytes, author);
  }

  dropWill(clientId: string): void {
    if (!this.#wills.delete(clientId)) return;
    this.#unwaited++;
    this.#record.noWill(clientId);
  }

  /** By the calendar. */
  readonly #expiryOf = ({ expiresAt }: RecordedMessage): number => {
    if (expiresAt === Number.POSITIVE_INFINITY) return expiresAt;
    return this.#options.wall() + expiresAt - this.#options.clock.now();
  };

  commit(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#opened === undefined) return;
    this.#writer.commit();
    this.#beginIfIdle();
  }

  /** More is recorded than the disk takes. */
  get isBehind(): boolean {
    return this.#opened !== undefined && this.#writer.body.length > maxWaiting;
  }

  get #needsCheckpoint(): boolean {
    if (this.#checkpoint !== undefined || this.#endsIn > 0 || this.#state === undefined) return false;
    const { size, room } = this.#writer;
    const { segmentSize } = this.#options.config;
    // While the disk is full there is only the rest of the segment, and it is for what frees room, too.
    if (!this.hasRoom) return size > segmentSize && 2 * this.#state.size() < room;
    if (this.#wantsCheckpoint) return true;
    if (size <= maxGrowth * this.#liveSize + segmentSize) return false;
    return size > maxGrowth * this.#state.size() + segmentSize;
  }

  /** A group has just begun, as the log tells: each has one piece at most, so the disk sets the pace. */
  #groupBegun(): void {
    if (this.#needsCheckpoint) this.#beginCheckpoint();
    if (this.#checkpoint !== undefined) this.#continueCheckpoint(this.#checkpoint);
  }

  #beginIfIdle(): void {
    if (!this.#needsCheckpoint || !this.#writer.isIdle) return;
    this.#groupBegun();
    this.#writer.commit();
  }

  #beginCheckpoint(): void {
    if (this.#state === undefined) return;
    this.#writer.beginCheckpoint();
    this.#wantsCheckpoint = false;
    this.#firstMessage = this.#record.nextMessage;
    this.#checkpoint = new Checkpoint(this.#checkpointTarget, this.#state, this.#wills.keys());
    this.#lastPosition = this.#writer.position;
  }

  readonly #checkpointTarget = this.#makeTarget();

  #makeTarget() {
    const store = this;
    return {
      session: (session: LiveSession) => store.#recordSession(session),
      queued: (clientId: string, delivery: RecordedDelivery) =>
        store.deliver(clientId, delivery, delivery.number ?? 0, undefined),
      retained: (message: RecordedMessage) => store.retain(message),
      will: (clientId: string) => store.#recordWill(clientId),
      get position() {
        return store.#writer.position;
      },
    };
  }

  #continueCheckpoint(checkpoint: Checkpoint): void {
    const writer = this.#writer;
    const changed = writer.position - this.#lastPosition;
    const wanted = this.#options.checkpointPiece ?? Math.min(maxPiece, Math.max(minPiece, 2 * changed));
    // Never so that a client's change has to wait for a segment.
    const budget = writer.hasPlaceFor(2 * wanted) ? wanted : Math.min(wanted, writer.room / 4);
    if (budget < minUseful) return;
    const before = this.#record.count;
    const isDone = checkpoint.record(budget);
    this.#unwaited += this.#record.count - before;
    this.#lastPosition = writer.position;
    if (!isDone) return;
    this.#checkpoint = undefined;
    this.#liveSize = checkpoint.size;
    writer.endCheckpoint();
    this.#endsIn = writer.recording;
  }

  #recordSession(session: LiveSession): void {
    const { clientId } = session;
    const known = this.#sessions.get(clientId);
    if (known === undefined) return;
    const { number, awaySince } = known;
    const record = this.#record;
    record.session(number, session);
    if (awaySince > 0) record.away(number, awaySince);
    for (const subscription of session.subscriptions) record.subscribe(number, subscription);
    for (const id of session.awaitingPubcomp) record.change(Op.AwaitingPubcomp, number, id);
    for (const id of session.incoming) record.change(Op.Received, number, id);
    for (const [delivery, packetId] of session.inFlight) {
      this.deliver(clientId, delivery, delivery.number ?? 0, packetId);
    }
  }

  #recordWill(clientId: string): void {
    const will = this.#wills.get(clientId);
    if (will !== undefined) this.#record.will(clientId, will.delay, will.packet(), will.author);
  }

  #durable(): void {
    this.#events?.onDurable();
    // Also when nobody changes anything any more.
    if (this.#failure === undefined) this.#beginIfIdle();
  }

  #synced(group: number): void {
    if (this.#endsIn === 0 || group < this.#endsIn) return;
    this.#endsIn = 0;
    this.#writer.dropOld();
  }

  #roomChanged(): void {
    // It would take what is left, and could not end.
    if (!this.hasRoom && this.#checkpoint !== undefined) {
      this.#checkpoint = undefined;
      this.#writer.dropCheckpoint();
    }
    this.#events?.onRoom();
  }

  #failed(cause: unknown): void {
    this.#failure ??= new Error(`${this.#options.config.directory} can be written no more`, { cause });
    this.#events?.onFailure(this.#failure);
  }

  stats(): Record<string, number> {
    const writer = this.#opened?.writer;
    if (writer === undefined) return {};
    return {
      store_bytes: writer.size,
      store_written_bytes_total: writer.written,
      store_groups_total: writer.groups,
      store_full: this.hasRoom ? 0 : 1,
      store_sync_interval_seconds: this.#options.config.sync / 1000,
    };
  }

  async close(): Promise<void> {
    try {
      await this.#opened?.writer.close();
    } finally {
      this.#directory?.release();
    }
  }
}

async function openDirectory(path: string, owner: string, disk?: Disk): Promise<LogDirectory> {
  try {
    return await LogDirectory.open(path, owner, disk);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot keep anything in ${path} (persistence.directory): ${why}`, { cause });
  }
}

function count(number: number, name: string): string {
  return `${number} ${name}${number === 1 ? "" : "s"}`;
}
