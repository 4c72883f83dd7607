import { TurnQueue } from "../../net/turn-queue.ts";
import type { JsonValue } from "../../protocol/json/value.ts";

/** Milliseconds of one batch in one turn of the event loop. */
const sliceMs = 1;

/** Who sent a batch: when it has left, nobody needs the answers. */
export interface BatchClient {
  readonly signal: AbortSignal;
}

/** @returns undefined when there must be no answer */
type Answer = (request: JsonValue) => string | undefined;

/** The batches of a service, of whose calls each client's are answered in slices: a thousand calls may take seconds. */
export class Batches {
  readonly #answer: Answer;
  readonly #waiting = new TurnQueue<Batch>((batch) => this.#continue(batch));

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  /** @returns the answers as an array, of a long batch later; undefined: there are none */
  run(
    requests: readonly JsonValue[],
    client: BatchClient | undefined,
  ): string | undefined | Promise<string | undefined> {
    const batch = new Batch(requests, this.#answer);
    // Those that came earlier are not overtaken.
    if (this.#waiting.isEmpty && !batch.step()) return batch.text;
    batch.client = client;
    this.#waiting.add(batch);
    return batch.done;
  }

  #continue(batch: Batch): void {
    if (batch.client?.signal.aborted !== true && batch.step()) this.#waiting.add(batch);
    else batch.finish();
  }
}

class Batch {
  client: BatchClient | undefined;
  readonly #requests: readonly JsonValue[];
  readonly #answer: Answer;
  readonly #answers: string[] = [];
  readonly #promise = Promise.withResolvers<string | undefined>();
  #next = 0;

  constructor(requests: readonly JsonValue[], answer: Answer) {
    this.#requests = requests;
    this.#answer = answer;
  }

  get done(): Promise<string | undefined> {
    return this.#promise.promise;
  }

  get text(): string | undefined {
    return this.#answers.length === 0 ? undefined : `[${this.#answers.join(",")}]`;
  }

  finish(): void {
    this.#promise.resolve(this.text);
  }

  /** Answers some calls. @returns whether more are left */
  step(): boolean {
    const start = performance.now();
    do {
      const answer = this.#answer(this.#requests[this.#next++]!);
      if (answer !== undefined) this.#answers.push(answer);
    } while (this.#next < this.#requests.length && performance.now() - start < sliceMs);
    return this.#next < this.#requests.length;
  }
}
