import { type Problem, problem } from "../../../core/problem.ts";
import { LimitedLog } from "../../../net/limited-log.ts";
import type { AuthContext } from "./context.ts";
import { shownUrl } from "./url.ts";

/** A failure so long ago is not told any more, in milliseconds: nobody has asked since. */
const lasts = 10 * 60_000;

/** What is asked for: the words of the log, and the code of the problem. */
interface Asked {
  readonly url: string;
  readonly verb: string;
  readonly whom: string;
  readonly code: string;
}

/** How often somebody could not be asked since it answered last: in the log, and as a problem. */
export class Failures {
  readonly #context: AuthContext;
  readonly #about: Asked;
  readonly #log: LimitedLog;
  #count = 0;
  #last = 0;
  #why = "";
  #isStopped = false;
  /** Since the start. */
  total = 0;

  constructor(context: AuthContext, about: Asked) {
    this.#context = context;
    this.#about = about;
    this.#log = new LimitedLog(
      (line) => context.log.warning(line),
      `failures to ${about.verb} ${about.whom}`,
    );
  }

  /** @param about what follows for whom, such as `client "x" at 127.0.0.1:4711 is refused` */
  add(why: string, about: string): void {
    // What was under way at the stop concerns nobody any more.
    if (this.#isStopped) return;
    this.total++;
    this.#count++;
    this.#last = this.#context.now();
    this.#why = why;
    this.#log.write(`Cannot ${this.#about.verb} ${this.#about.whom}: ${why}; ${about}`);
  }

  succeeded(): void {
    if (this.#count > 0) this.#context.log.info(`Could ${this.#about.verb} ${this.#about.whom} again`);
    this.#count = 0;
  }

  problems(): Problem[] {
    if (this.#count === 0 || this.#context.now() - this.#last > lasts) return [];
    const { verb, whom, code } = this.#about;
    const values = { whom: shownUrl(this.#about.url), why: this.#why, count: this.#count };
    const times = this.#count === 1 ? "" : ` ${this.#count} times`;
    return [problem(code, `Could not ${verb} ${whom}${times}: ${this.#why}`, values)];
  }

  stop(): void {
    this.#isStopped = true;
    this.#log.close();
  }
}
