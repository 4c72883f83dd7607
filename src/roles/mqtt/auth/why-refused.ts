import { errors, type JWTPayload } from "jose";
import { printable } from "../../../protocol/text/printable.ts";
import { algorithmsOf, type JwtConfig } from "./jwt-config.ts";
import { maxNamelessKeys } from "./key-file.ts";
import { TokenError } from "./token-claims.ts";

/** Too many keys may have signed it, and those that were tried have not. */
export class UnnamedKeyError extends Error {}

/** Whether its issuer has signed it: who shows it is not trying out what might be right. */
export const isAuthentic = (error: unknown): boolean =>
  [TokenError, errors.JWTExpired, errors.JWTClaimValidationFailed].some((kind) => error instanceof kind);

/**
 * Why a token lets nobody in, without the token. Its claims are looked at only once its signature is right: what is
 * quoted here the issuer has said.
 */
export function whyRefused(error: unknown, config: JwtConfig): string {
  if (error instanceof TokenError) return error.message;
  if (error instanceof errors.JWTExpired) return `it expired at ${timeOf(error.payload.exp)}`;
  if (error instanceof errors.JWTClaimValidationFailed) return whichClaim(error, config);
  if (error instanceof errors.JWSSignatureVerificationFailed) return "its signature is wrong";
  if (error instanceof UnnamedKeyError)
    return `it names no key (kid), and the first ${maxNamelessKeys} that fit have not signed it: no more are tried`;
  if (error instanceof errors.JOSENotSupported) return "it asks for what is not supported here";
  if (error instanceof errors.JOSEAlgNotAllowed)
    return `it is not signed by ${algorithmsOf(config).join(" or ")}`;
  if (error instanceof errors.JWKSNoMatchingKey) return "no key fits: its kid or its algorithm is another";
  return "it is no valid token";
}

function whichClaim({ claim, reason, payload }: errors.JWTClaimValidationFailed, config: JwtConfig): string {
  if (reason === "missing")
    return claim === "exp" ? "it has no exp: it would never expire" : `its claim ${claim} is missing`;
  if (claim === "nbf") return `it is not valid before ${timeOf(payload.nbf)}`;
  if (claim === "aud")
    return `it is for the audience ${shown(payload, "aud")}, and not for ${listOf(config.audience)}`;
  if (claim === "iss")
    return `it comes from the issuer ${shown(payload, "iss")}, and not from ${listOf(config.issuer)}`;
  return `its claim ${printable(claim, 40)} is wrong`;
}

const shown = (payload: JWTPayload, claim: string): string =>
  printable(JSON.stringify(payload[claim]) ?? "none", 100);

const listOf = (wanted: readonly string[] = []): string =>
  wanted.map((one) => JSON.stringify(one)).join(" or ");

/** Seconds since 1970, which may be more than a date can be. */
function timeOf(seconds: number | undefined): string {
  const date = new Date((seconds ?? 0) * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s` : date.toISOString();
}
