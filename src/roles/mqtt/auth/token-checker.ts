import {
  createLocalJWKSet,
  errors,
  type FlattenedJWSInput,
  type JWSHeaderParameters,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import { hostOf } from "../../../core/address.ts";
import type { Problem } from "../../../core/problem.ts";
import { LimitedLog } from "../../../net/limited-log.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { saslPrep } from "../../../protocol/scram/sasl-prep.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Admission, Credentials } from "../ports/access.ts";
import type { Refusal } from "../ports/authentication.ts";
import { AskError } from "./ask.ts";
import { CheckQueue } from "./check-queue.ts";
import type { AuthContext } from "./context.ts";
import { algorithmsOf, type JwtConfig } from "./jwt-config.ts";
import { type KeySet, maxNamelessKeys } from "./key-file.ts";
import { RemoteKeys } from "./remote-keys.ts";
import { grantIn, TokenError, usernameIn } from "./token-claims.ts";
import { isAuthentic, UnnamedKeyError, whyRefused } from "./why-refused.ts";

type GetKey = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey | Uint8Array>;

/** Tokens at once that are checked with one key after another. */
const maxCostly = 2;

/** Lets in clients whose password is a token that an issuer has signed. */
export class TokenChecker {
  readonly #config: JwtConfig;
  readonly #context: AuthContext;
  readonly #log: LimitedLog;
  readonly #remote: RemoteKeys | undefined;
  readonly #getKey: GetKey;
  /** Those that several keys may have signed. */
  readonly #costly = new CheckQueue(maxCostly);
  #refused = 0;
  #isStopped = false;

  /** @param timeout of a URL with keys, in milliseconds */
  constructor(config: JwtConfig, timeout: number, context: AuthContext) {
    this.#config = config;
    this.#context = context;
    this.#log = new LimitedLog((line) => context.log.info(line), "refused tokens");
    const { jwks: url, refresh } = config;
    this.#remote = url === undefined ? undefined : new RemoteKeys({ url, refresh, timeout }, context);
    this.#getKey = this.#remote?.keyFor ?? keysOf(config);
  }

  async authenticate(token: Uint8Array, credentials: Credentials): Promise<Admission | Refusal> {
    try {
      const payload = await this.#verified(Buffer.from(token).toString("latin1"), credentials);
      const username = usernameIn(payload, this.#config.usernameClaim);
      checkName(credentials.username, username);
      return { reason: Reason.Success, username, grant: grantIn(payload, this.#config) };
    } catch (error) {
      if (error instanceof AskError) return { reason: Reason.ServerUnavailable };
      return this.#refuse(error, credentials);
    }
  }

  async #verified(token: string, credentials: Credentials): Promise<JWTPayload> {
    const { issuer, audience, clockTolerance } = this.#config;
    const options: JWTVerifyOptions = {
      algorithms: [...algorithmsOf(this.#config)],
      clockTolerance: clockTolerance / 1000,
      currentDate: new Date(this.#context.now()),
      // A token that never expires could not be taken back.
      requiredClaims: ["exp"],
      ...(issuer !== undefined && { issuer: [...issuer] }),
      ...(audience !== undefined && { audience: [...audience] }),
    };
    try {
      const { payload } = await jwtVerify(token, this.#getKey as JWTVerifyGetKey, options);
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      const verified = () => verifiedByAny(token, error, options);
      const payload = await this.#costly.take(
        hostOf(credentials.remote),
        () => credentials.isGone(),
        verified,
      );
      // Its client has gone: nobody gets the answer.
      if (payload === undefined) throw new AskError("nobody waits for it");
      return payload;
    }
  }

  #refuse(error: unknown, { clientId, remote }: Credentials): Refusal {
    this.#refused++;
    const why = whyRefused(error, this.#config);
    // A wrong signature counts as a wrong login, and a token that has expired does not.
    const reason = isAuthentic(error) ? Reason.NotAuthorized : Reason.BadUserNameOrPassword;
    if (!this.#isStopped)
      this.#log.write(`Refused the token of client "${printable(clientId, 40)}" at ${remote}: ${why}`);
    return { reason, message: `the token is refused: ${why}` };
  }

  problems(): Problem[] {
    return this.#remote?.problems() ?? [];
  }

  stats(): Record<string, number> {
    return { auth_tokens_refused_total: this.#refused, ...this.#remote?.stats() };
  }

  stop(): void {
    this.#isStopped = true;
    this.#log.close();
    this.#remote?.stop();
  }
}

function keysOf({ secret, keys }: JwtConfig): GetKey {
  if (secret !== undefined) {
    const bytes = new TextEncoder().encode(secret);
    return async () => bytes;
  }
  if (typeof keys === "object") return keysIn(keys);
  throw new Error("there are no keys to check tokens with");
}

function keysIn({ keys, isNameless }: KeySet): GetKey {
  const set = createLocalJWKSet({ keys: [...keys] as never });
  if (!isNameless) return set;
  return ({ kid: _, ...header }) => set(header);
}

/** Several keys may have signed it: the token does not say which. Each one costs a check of the signature. */
async function verifiedByAny(
  token: string,
  keys: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  let tried = 0;
  for await (const key of keys) {
    if (tried++ === maxNamelessKeys) throw new UnnamedKeyError();
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

/** CONNECT may repeat the token's name; MQTT 3.1.1 wants some name beside a password, so an empty one does as well. */
function checkName(given: string | undefined, proved: string): void {
  if (given === undefined || given === "" || saslPrep(given) === proved) return;
  throw new TokenError(
    `it is for the user "${printable(proved, 60)}", and CONNECT names "${printable(given, 60)}"`,
  );
}
