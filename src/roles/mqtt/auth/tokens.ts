import type { Problem } from "../../../core/problem.ts";
import type { Credentials, Verdict } from "../ports/access.ts";
import type { AuthContext } from "./context.ts";
import type { JwtConfig } from "./jwt-config.ts";
import type { TokenChecker } from "./token-checker.ts";

/**
 * The checker of tokens, loaded only where tokens are configured: the library behind it takes 35 ms and 6 MB, which a lab
 * without tokens does not pay for.
 */
export class Tokens {
  readonly #loading: Promise<TokenChecker>;
  #checker: TokenChecker | undefined;
  #isStopped = false;

  /**
   * @param timeout of a URL with keys, in milliseconds
   * @throws {Error} when the keys have not been read
   */
  constructor(config: JwtConfig, timeout: number, context: AuthContext) {
    if (typeof config.keys === "string") throw new Error(`the keys in ${config.keys} have not been read`);
    this.#loading = this.#load(config, timeout, context);
    // Whoever asks first is told.
    this.#loading.catch(() => {});
  }

  async #load(config: JwtConfig, timeout: number, context: AuthContext): Promise<TokenChecker> {
    const { TokenChecker } = await import("./token-checker.ts");
    const checker = new TokenChecker(config, timeout, context);
    this.#checker = checker;
    if (this.#isStopped) checker.stop();
    return checker;
  }

  async authenticate(token: Uint8Array, credentials: Credentials): Promise<Verdict> {
    return await (await this.#loading).authenticate(token, credentials);
  }

  problems(): Problem[] {
    return this.#checker?.problems() ?? [];
  }

  stats(): Record<string, number> {
    return this.#checker?.stats() ?? {};
  }

  stop(): void {
    this.#isStopped = true;
    this.#checker?.stop();
  }
}
