import { withDeadline } from "../../core/deadline.ts";
import { bytesOfText, textOfBytes } from "../../protocol/text/byte-text.ts";
import type { CommandContext } from "../program/command-context.ts";
import { CliError, exitCodes, type PeerError, type TimedOutError } from "../program/errors.ts";
import { interruptible } from "../program/timeout.ts";
import type { Pattern } from "./pattern.ts";

/** What should come, and by when. */
export interface Expectation {
  /** What is looked at: `sister/temp of 127.0.0.1:1883`. */
  readonly where: string;
  /** What each of its parts should be; other parts may be anything. */
  readonly parts: readonly ExpectedPart[];
  /** Milliseconds. */
  readonly within: number;
  /** How many should come. Default 1. */
  readonly count?: number | undefined;
  /** Nothing like it may come in all of that time. */
  readonly none?: true | undefined;
}

export interface ExpectedPart {
  /** `payload`, `status`, `header content-type`. */
  readonly name: string;
  readonly pattern: Pattern;
}

/** What came, by the names of its parts; undefined: it has no such part. */
export type Came = Readonly<Record<string, string | undefined>>;

/** A thing that came, or a failed attempt to get it. */
export type Arrival = (
  | { readonly kind: "came"; readonly parts: readonly JudgedPart[]; readonly met: boolean }
  | { readonly kind: "failed"; readonly reason: string }
) & {
  /** Milliseconds since the beginning. */
  readonly ms: number;
  /** Where it came, if there are several such places: the topic. */
  readonly source?: string | undefined;
  /** How many of it came one after another. */
  times: number;
};

export interface JudgedPart {
  readonly name: string;
  /** Cut where it is long. */
  readonly text: string | undefined;
  readonly met: boolean;
  /** Where it differs from an exact text. */
  readonly difference?: string | undefined;
}

/** What has come by the end. */
export interface Outcome {
  readonly met: boolean;
  readonly ms: number;
  readonly arrivals: readonly Arrival[];
  /** The last one that was as expected. */
  readonly last: Arrival | undefined;
  /** Those that came and were not kept. */
  readonly omitted: number;
  /** How many came, and how many of them were as expected. */
  readonly total: number;
  readonly matched: number;
}

/** What was expected did not come. */
export class NotMetError extends CliError {
  override readonly name = "NotMetError";
  override readonly exit = exitCodes.failure;
  override readonly code = "not-met";
}

/** What is kept, for the report: of a flood the beginning, and of a long text, too. */
const maxArrivals = 100;
const maxText = 4096;

/** Holds what comes against what is expected. It begins to take notice at once, so that nothing is missed. */
export class Expecting {
  readonly #expectation: Expectation;
  readonly #arrivals: Arrival[] = [];
  readonly #decided = Promise.withResolvers<void>();
  #start = performance.now();
  #last: Arrival | undefined;
  #omitted = 0;
  #total = 0;
  #matched = 0;

  constructor(expectation: Expectation) {
    this.#expectation = expectation;
  }

  /** Whether it is decided already, whatever else comes. */
  get isDecided(): boolean {
    const { count = 1, none } = this.#expectation;
    return this.#matched >= (none ? 1 : count);
  }

  /** Something has come. */
  arrive(came: Came, source?: string): void {
    if (this.isDecided) return;
    const parts = this.#expectation.parts.map((part) => judged(part, came));
    // Where nothing certain is expected, all that came is shown.
    const others = Object.keys(came).filter((name) => !parts.some((part) => part.name === name));
    const shown = others.map((name) => ({ name, text: cut(came[name]), met: true }));
    const met = parts.every((part) => part.met);
    this.#total++;
    const arrival: Arrival = {
      kind: "came",
      parts: [...parts, ...shown],
      met,
      ms: this.#elapsed(),
      source,
      times: 1,
    };
    if (met) {
      this.#matched++;
      this.#last = arrival;
    }
    this.#keep(arrival);
    if (this.isDecided) this.#decided.resolve();
  }

  /** An attempt has failed, and another one may not. */
  failed(error: PeerError | TimedOutError): void {
    this.#keep({ kind: "failed", reason: error.message, ms: this.#elapsed(), times: 1 });
  }

  /**
   * Waits until it is decided, the time is over, or `work` is: after it nothing more comes.
   * @throws what `work` throws
   */
  async outcome(context: CommandContext, work: (signal: AbortSignal) => Promise<unknown>): Promise<Outcome> {
    const { within, none } = this.#expectation;
    this.#start = performance.now();
    const over = new AbortController();
    const timer = setTimeout(() => over.abort(), within);
    const signal = AbortSignal.any([over.signal, context.signal]);
    try {
      const decision = Promise.race([this.#decided.promise, untilOver(work, signal, over.signal)]);
      await interruptible(context.signal, async () => void (await withDeadline(decision, over.signal)));
    } finally {
      clearTimeout(timer);
      over.abort();
    }
    return {
      met: this.isDecided !== (none ?? false),
      ms: this.#elapsed(),
      arrivals: this.#arrivals,
      last: this.#last,
      omitted: this.#omitted,
      total: this.#total,
      matched: this.#matched,
    };
  }

  #elapsed(): number {
    return Math.max(0, performance.now() - this.#start);
  }

  #keep(arrival: Arrival): void {
    const last = this.#arrivals.at(-1);
    if (last !== undefined && isSame(last, arrival)) last.times++;
    else if (this.#arrivals.length < maxArrivals) this.#arrivals.push(arrival);
    else this.#omitted++;
  }
}

/** Work that is told to stop may fail for that very reason. */
async function untilOver(
  work: (signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
  over: AbortSignal,
): Promise<void> {
  try {
    await work(signal);
  } catch (error) {
    if (!over.aborted) throw error;
  }
}

function judged({ name, pattern }: ExpectedPart, came: Came): JudgedPart {
  const text = came[name];
  const met = text !== undefined && pattern.matches(text);
  const difference = met || text === undefined ? undefined : pattern.difference?.(text);
  return { name, text: cut(text), met, difference };
}

function cut(text: string | undefined): string | undefined {
  if (text === undefined || text.length <= maxText) return text;
  // By way of bytes: a part of a string would keep the whole of it in memory.
  const head = textOfBytes(bytesOfText(text.slice(0, maxText)));
  return `${head}… (${text.length} characters)`;
}

function isSame(one: Arrival, other: Arrival): boolean {
  if (one.kind === "failed" || other.kind === "failed")
    return one.kind === "failed" && other.kind === "failed" && one.reason === other.reason;
  return (
    one.source === other.source &&
    one.parts.every(
      ({ text, met }, index) => other.parts[index]?.text === text && other.parts[index]?.met === met,
    )
  );
}
