/** Work that is done elsewhere, and whether its outcome is still wanted. */
interface Job {
  run(): Promise<void>;
  isGone(): boolean;
  drop(): void;
}

/**
 * Limits costly checks: a few run at once, the others wait. Origins take turns, so one that tries a thousand passwords
 * delays the others by one check each, and the checks of clients that have gone are skipped.
 */
export class CheckQueue {
  readonly #waiting = new Map<string, Job[]>();
  readonly #maxRunning: number;
  #running = 0;

  /** @param maxRunning how many run at once */
  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  /** @returns what `work` finds out; undefined when nobody wanted to know any more */
  take<T>(origin: string, isGone: () => boolean, work: () => Promise<T>): Promise<T | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    const run = () => work().then(resolve, reject);
    const job = { run, isGone, drop: () => resolve(undefined) };
    const others = this.#waiting.get(origin);
    if (others === undefined) this.#waiting.set(origin, [job]);
    else others.push(job);
    this.#goOn();
    return promise;
  }

  #goOn(): void {
    while (this.#running < this.#maxRunning) {
      const job = this.#next();
      if (job === undefined) return;
      if (job.isGone()) job.drop();
      else this.#start(job);
    }
  }

  #start(job: Job): void {
    this.#running++;
    void job.run().finally(() => {
      this.#running--;
      this.#goOn();
    });
  }

  /** Of the origin that has waited longest since its last turn. */
  #next(): Job | undefined {
    for (const [origin, jobs] of this.#waiting) {
      const job = jobs.shift();
      this.#waiting.delete(origin);
      if (jobs.length > 0) this.#waiting.set(origin, jobs);
      return job;
    }
    return undefined;
  }
}
