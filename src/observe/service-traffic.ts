import type { Traffic, TrafficEvent, TrafficKind } from "../core/traffic.ts";
import { buildRate, FairSampler } from "./fair-sampler.ts";
import { isSameRates, maxRates, type Observer, type SampleRates, trafficKinds } from "./observer.ts";
import { RecentGroups } from "./recent-groups.ts";
import { refillMs } from "./refill.ts";

type Counts = Record<TrafficKind, number>;

const zeroCounts = (): Counts => ({
  ...{ open: 0, bytes: 0, message: 0 },
  ...{ "half-close": 0, close: 0 },
});

/** Deliveries and acknowledgements that are shown with one PUBLISH. */
const maxFollowers = 16;

/** Groups are told apart over all services and threads, each of which begins somewhere else. */
let lastGroup = Math.floor(Math.random() * 2 ** 20) * 2 ** 32;

/** The sampling of one observer. */
interface Sampling {
  rates: SampleRates;
  readonly samplers: Readonly<Record<TrafficKind, FairSampler>>;
  /** Events that were built and not handed to this observer. */
  readonly sampledOut: Counts;
}

const newSampling = (): Sampling => ({
  rates: {},
  samplers: {
    open: new FairSampler("open"),
    bytes: new FairSampler("bytes"),
    message: new FairSampler("message"),
    "half-close": new FairSampler("half-close"),
    close: new FairSampler("close"),
  },
  sampledOut: zeroCounts(),
});

/**
 * The traffic of one service. Events are built at the rate of the observer that takes most, and some more; each
 * observer gets a sample of them at its own rate. So a dashboard that takes thousands does not flood the log.
 */
export class ServiceTraffic implements Traffic {
  readonly #name: string;
  readonly #observers: ReadonlySet<Observer>;
  readonly #onError: (observer: Observer, error: unknown) => void;
  /** Events that may still be built. When none are left, `sample` costs one comparison. */
  readonly #tokens = zeroCounts();
  /** Events that were not built. */
  readonly #sampledOut = zeroCounts();
  /** How many may still follow the first one of a group. */
  readonly #followers = new RecentGroups<number>();
  readonly #samplings = new Map<Observer, Sampling>();
  #rates: SampleRates = {};

  /** @param onError called with what an observer throws: neither the service nor other observers notice it */
  constructor(
    name: string,
    observers: ReadonlySet<Observer>,
    onError: (observer: Observer, error: unknown) => void = () => {},
  ) {
    this.#name = name;
    this.#observers = observers;
    this.#onError = onError;
    this.updateRates();
  }

  /** The highest rates that any observer has for this service. */
  get rates(): SampleRates {
    return this.#rates;
  }

  sample(kind: TrafficKind, count = 1): boolean {
    if (this.#tokens[kind] >= 1) {
      this.#tokens[kind] -= count;
      return true;
    }
    this.#sampledOut[kind] += count;
    return false;
  }

  begin(count = 1): number {
    if (!this.sample("message", count)) return 0;
    const group = ++lastGroup;
    this.#followers.set(group, maxFollowers);
    return group;
  }

  follow(group: number): boolean {
    const left = group === 0 ? 0 : this.#followers.get(group);
    // Long after the first one it is built like any other message.
    if (left === undefined) return this.sample("message");
    // The tokens of the next tenth of a second may be used already, and no more: others have theirs then.
    if (left === 0 || this.#tokens.message < -perRefill(this.#buildRate("message"))) {
      this.#sampledOut.message++;
      return false;
    }
    this.#followers.set(group, left - 1);
    this.#tokens.message--;
    return true;
  }

  omit(count: number): void {
    this.#sampledOut.message += count;
  }

  emit(event: TrafficEvent): void {
    const { kind } = event;
    for (const [observer, { rates, samplers, sampledOut }] of this.#samplings) {
      if (!rates[kind]) continue;
      if (samplers[kind].tryTake(event) && observer.hasRoom?.(event) !== false)
        this.#observe(observer, event);
      else sampledOut[kind]++;
    }
  }

  #observe(observer: Observer, event: TrafficEvent): void {
    try {
      observer.observe(event);
    } catch (error) {
      this.#onError(observer, error);
    }
  }

  /**
   * To be called when observers were added or removed, or have changed their rates. It refills no tokens, but for those who want more than before.
   * @returns whether the rates of this service have changed
   */
  updateRates(): boolean {
    for (const observer of this.#samplings.keys()) {
      if (!this.#observers.has(observer)) this.#samplings.delete(observer);
    }
    for (const observer of this.#observers) this.#updateObserver(observer);
    const before = this.#rates;
    this.#rates = maxRates([...this.#samplings.values()].map(({ rates }) => rates));
    for (const kind of trafficKinds) this.#limitTokens(kind, before[kind] ?? 0);
    return !isSameRates(before, this.#rates);
  }

  #updateObserver(observer: Observer): void {
    const sampling = this.#samplings.get(observer) ?? newSampling();
    this.#samplings.set(observer, sampling);
    const before = sampling.rates;
    sampling.rates = observer.ratesFor?.(this.#name) ?? observer.rates;
    for (const kind of trafficKinds) {
      const rate = sampling.rates[kind] ?? 0;
      sampling.samplers[kind].setRate(rate);
      // Events that were not built before the observer asked for them do not count as sampled out for it.
      if (rate > (before[kind] ?? 0)) sampling.sampledOut[kind] = -this.#sampledOut[kind];
    }
  }

  #limitTokens(kind: TrafficKind, before: number): void {
    const rate = this.#buildRate(kind);
    // Who wants more has some at once: the connection that comes next is not to wait for the next refill.
    if ((this.#rates[kind] ?? 0) > before) this.#tokens[kind] = Math.max(this.#tokens[kind], perRefill(rate));
    else this.#tokens[kind] = Math.min(rate, this.#tokens[kind]);
  }

  /** Saves tokens for up to a second, so that a quiet service's burst is shown completely. */
  refill(): void {
    for (const kind of trafficKinds) {
      const rate = this.#buildRate(kind);
      this.#tokens[kind] = Math.min(rate, this.#tokens[kind] + perRefill(rate));
    }
    this.#followers.refill();
    for (const { samplers } of this.#samplings.values()) {
      for (const kind of trafficKinds) samplers[kind].refill();
    }
  }

  #buildRate(kind: TrafficKind): number {
    return buildRate(kind, this.#rates[kind] ?? 0);
  }

  /** Reports events that a thread has sampled out. */
  relaySampledOut(kind: TrafficKind, count: number): void {
    for (const [observer, { rates }] of this.#samplings) {
      if (rates[kind]) observer.sampledOut?.(this.#name, kind, count);
    }
  }

  /** Reports to each observer how many events it did not get since the last report. */
  reportSampledOut(): void {
    for (const kind of trafficKinds) {
      const notBuilt = this.#sampledOut[kind];
      this.#sampledOut[kind] = 0;
      for (const [observer, { rates, sampledOut }] of this.#samplings) {
        const count = notBuilt + sampledOut[kind];
        sampledOut[kind] = 0;
        if (count > 0 && rates[kind]) observer.sampledOut?.(this.#name, kind, count);
      }
    }
  }
}

const perRefill = (rate: number): number => (rate * refillMs) / 1000;
