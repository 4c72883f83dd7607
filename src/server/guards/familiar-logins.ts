import type { WaitingLogin } from "./login-turns.ts";

/** Names with their addresses that are remembered, and how many of one address. Who loses the place waits as others do. */
const maxKnown = 10_000;
const maxOfAddress = 1000;

/** A user name that has got in from an address, and has not failed there since. */
export interface FamiliarLogin {
  readonly address: string;
  readonly name: string;
  /** Its checks that are under way. */
  running: number;
  /** Those of its logins that wait for one another. */
  readonly waiting: WaitingLogin[];
  /** Its logins are being started just now: what ends at once starts no further ones by itself. */
  isStarting: boolean;
}

/**
 * The names that have got in, by address. Many people sit behind the one address of a router, and somebody among them may
 * guess passwords: who has been in from there before is more likely an owner.
 */
export class FamiliarLogins {
  readonly #known = new Map<string, FamiliarLogin>();
  readonly #ofAddress = new Map<string, number>();

  get size(): number {
    return this.#known.size;
  }

  find(address: string, name: string): FamiliarLogin | undefined {
    return this.#known.get(keyOf(address, name));
  }

  /** It has got in. Who was in last is the last to be forgotten. */
  remember(address: string, name: string): void {
    const key = keyOf(address, name);
    const known = this.#known.get(key);
    if (known !== undefined) {
      this.#known.delete(key);
      this.#known.set(key, known);
      return;
    }
    const count = this.#ofAddress.get(address) ?? 0;
    if (count >= maxOfAddress) return;
    if (this.#known.size >= maxKnown) this.#forgetOldest();
    this.#ofAddress.set(address, (this.#ofAddress.get(address) ?? 0) + 1);
    this.#known.set(key, { address, name, running: 0, waiting: [], isStarting: false });
  }

  /** It has failed. @returns its logins that wait, which have to queue up with the others */
  forget(login: FamiliarLogin): WaitingLogin[] {
    const { address, name } = login;
    if (this.#known.get(keyOf(address, name)) === login) {
      this.#known.delete(keyOf(address, name));
      const left = (this.#ofAddress.get(address) ?? 0) - 1;
      if (left > 0) this.#ofAddress.set(address, left);
      else this.#ofAddress.delete(address);
    }
    return login.waiting.splice(0);
  }

  #forgetOldest(): void {
    for (const login of this.#known.values()) {
      if (login.running > 0 || login.waiting.length > 0) continue;
      this.forget(login);
      return;
    }
  }
}

/** No address has a line break in it. */
const keyOf = (address: string, name: string): string => `${address}\n${name}`;
