import { refillMs } from "./refill.ts";

/** How long a group is remembered at least, in milliseconds. */
const memoryMs = 1000;

/** What was decided for groups of events: for as long as the others of a group usually take to follow its first one. */
export class RecentGroups<T> {
  #young = new Map<number, T>();
  #old = new Map<number, T>();
  #refills = 0;

  get(group: number): T | undefined {
    return this.#young.get(group) ?? this.#old.get(group);
  }

  set(group: number, decision: T): void {
    this.#young.set(group, decision);
  }

  /** Called every `refillMs`: a group is forgotten after one or two seconds. */
  refill(): void {
    this.#refills = (this.#refills + 1) % (memoryMs / refillMs);
    if (this.#refills > 0) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
