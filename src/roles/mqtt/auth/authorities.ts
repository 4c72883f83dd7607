import type { Problem } from "../../../core/problem.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import type { Credentials, Verdict } from "../ports/access.ts";
import type { AuthConfig } from "./config.ts";
import type { AuthContext } from "./context.ts";
import { HttpService } from "./http-service.ts";
import { Tokens } from "./tokens.ts";

/** Those that decide who comes in where the configuration does not: an issuer of tokens, a service, or both. */
export interface Authorities {
  authenticate(credentials: Credentials): Verdict | Promise<Verdict>;
  problems(): Problem[];
  stats(): Record<string, number>;
  /** Has the last word in the log. */
  stop(): void;
}

/** Nobody. */
export const noAuthorities: Authorities = {
  authenticate: () => Reason.NotAuthorized,
  problems: () => [],
  stats: () => ({}),
  stop: () => {},
};

const noToken = { reason: Reason.BadUserNameOrPassword, message: "the password must be a token (JWT)" };

export function authoritiesOf(config: AuthConfig | undefined, context: AuthContext): Authorities {
  if (config === undefined) return noAuthorities;
  const { http, jwt, timeout } = config;
  const tokens = jwt && new Tokens(jwt, timeout, context);
  const service = http === undefined ? undefined : new HttpService(http, config, context);
  const all = [tokens, service].filter((one) => one !== undefined);
  return {
    authenticate(credentials) {
      const given = credentials.password ?? credentials.arrival.bearer;
      // A token is decided on by its signature, whatever anybody else would say.
      if (tokens !== undefined && given !== undefined && isToken(given))
        return tokens.authenticate(given, credentials);
      return service?.authenticate(credentials) ?? noToken;
    },
    problems: () => all.flatMap((one) => one.problems()),
    stats: () => Object.assign({}, ...all.map((one) => one.stats())),
    stop: () => {
      for (const one of all) one.stop();
    },
  };
}

/** Three parts, the first of them a header that names an algorithm: nobody has such a password. RFC 7519, section 3 */
function isToken(bytes: Uint8Array): boolean {
  const [, header] = /^([\w-]+)\.[\w-]+\.[\w-]*$/.exec(Buffer.from(bytes).toString("latin1")) ?? [];
  if (header === undefined) return false;
  try {
    return typeof Object(JSON.parse(Buffer.from(header, "base64url").toString())).alg === "string";
  } catch {
    return false;
  }
}
