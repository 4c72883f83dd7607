import type { Logger } from "../../../core/log.ts";

/** What those that decide need from outside; a test has its own. */
export interface AuthContext {
  readonly log: Logger;
  fetch(url: string, options: RequestInit): Promise<Response>;
  /** Milliseconds since 1970. */
  now(): number;
}

export const authContext = (log: Logger): AuthContext => ({
  log,
  fetch: (url, options) => fetch(url, options),
  now: Date.now,
});
