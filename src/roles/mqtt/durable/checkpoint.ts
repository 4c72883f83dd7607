import type { LiveSession, LiveState, RecordedDelivery, RecordedMessage } from "../ports/store.ts";

/** Where the state is recorded anew. */
export interface CheckpointTarget {
  /** All of the session but what is queued. */
  session(session: LiveSession): void;
  queued(clientId: string, delivery: RecordedDelivery): void;
  retained(message: RecordedMessage): void;
  /** If there still is one. */
  will(clientId: string): void;
  /** What was recorded so far, in bytes. */
  readonly position: number;
}

/**
 * Records the whole state anew, a piece at a time while it changes, so that what was recorded before is not needed any
 * more. What changes in a session after its piece is recorded as always. A long queue is several pieces: up to the
 * number `recordedTo` its deliveries are recorded. A crash may come between two of them: then a reader begins at the
 * checkpoint before, knows all of this already, and loses nothing by hearing a part of it again.
 */
export class Checkpoint {
  readonly #target: CheckpointTarget;
  readonly #sessions: Iterator<LiveSession>;
  readonly #retained: Iterator<RecordedMessage | undefined>;
  readonly #wills: Iterator<string>;
  #phase: "sessions" | "wills" | "retained" | "done" = "sessions";
  /** The session whose queue is being recorded. */
  #session: LiveSession | undefined;
  #recordedTo = 0;
  /** What it has recorded, in bytes. */
  size = 0;

  /** @param wills the client identifiers of those who have one */
  constructor(target: CheckpointTarget, state: LiveState, wills: Iterator<string>) {
    this.#target = target;
    this.#sessions = state.sessions();
    this.#retained = state.retained();
    this.#wills = wills;
  }

  /** Whether this queued delivery comes in a later piece: what happens to it now means nothing to a reader yet. */
  isToCome(clientId: string, number: number): boolean {
    return this.#session?.clientId === clientId && number > this.#recordedTo;
  }

  /** The session has ended: nothing of it is to come. */
  ended(clientId: string): void {
    if (this.#session?.clientId === clientId) this.#session = undefined;
  }

  /** Records about so many bytes. @returns whether all is recorded */
  record(budget: number): boolean {
    const start = this.#target.position;
    const end = start + budget;
    while (this.#phase !== "done" && this.#target.position < end) this.#piece(end);
    this.size += this.#target.position - start;
    return this.#phase === "done";
  }

  #piece(end: number): void {
    if (this.#session !== undefined) this.#queue(this.#session, end);
    else if (this.#phase === "sessions") this.#nextSession();
    else if (this.#phase === "wills") this.#nextWill();
    else this.#nextRetained();
  }

  #nextSession(): void {
    const { done, value } = this.#sessions.next();
    if (done) {
      this.#phase = "wills";
      return;
    }
    this.#target.session(value);
    this.#session = value;
    this.#recordedTo = 0;
  }

  #queue(session: LiveSession, end: number): void {
    for (const delivery of session.queuedAfter(this.#recordedTo)) {
      this.#recordedTo = delivery.number ?? 0;
      this.#target.queued(session.clientId, delivery);
      if (this.#target.position >= end) return;
    }
    this.#session = undefined;
  }

  #nextWill(): void {
    const { done, value } = this.#wills.next();
    if (done) this.#phase = "retained";
    else this.#target.will(value);
  }

  #nextRetained(): void {
    const { done, value } = this.#retained.next();
    if (done) this.#phase = "done";
    else if (value !== undefined) this.#target.retained(value);
  }
}
