import { readFileSync } from "node:fs";
import type { Command, OptionValues } from "@commander-js/extra-typings";
import { describeError } from "../../core/errors.ts";
import { UsageError } from "./errors.ts";

/** How TLS is spoken with a peer; the texts are PEM. */
export interface PeerTls {
  /** Authorities to trust instead of the system's. */
  readonly ca?: string;
  /** Our own certificate, for servers that ask for one, and its key. */
  readonly cert?: string;
  readonly key?: string;
  /** Take any certificate. */
  readonly insecure?: boolean;
}

/** The files of a command that speaks TLS. */
export interface TlsFileOptions {
  readonly cafile?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly insecure?: true | undefined;
}

/** As `TlsFileOptions`, where TLS has to be asked for. */
export interface TlsOptions extends TlsFileOptions {
  readonly tls?: true | undefined;
}

/** A command that speaks TLS when it is asked to. */
export const withTls = <A extends unknown[], O extends OptionValues>(command: Command<A, O>) =>
  command
    .option("--tls", "speak TLS; each of the next four means it, too")
    .option("--cafile <file>", "authorities to trust instead of the system's, in PEM")
    .option("--cert <file>", "our own certificate in PEM, for a server that asks for one")
    .option("--key <file>", "its private key in PEM")
    .option("--insecure", "take any certificate, of anybody");

/** What is to be added to a peer for these options. @throws {UsageError} when a file cannot be read, or one is missing */
export function tlsOf(options: TlsOptions): { readonly tls?: PeerTls } {
  const { tls, cafile, cert, insecure } = options;
  const files = readTlsFiles(options);
  return tls || insecure || cafile !== undefined || cert !== undefined ? { tls: files } : {};
}

/** @throws {UsageError} when a file cannot be read, or one is missing */
export function readTlsFiles({ cafile, cert, key, insecure }: TlsFileOptions): PeerTls {
  if (cert !== undefined && key === undefined)
    throw new UsageError(`--cert ${cert} needs --key FILE beside it, with the certificate's private key`);
  if (key !== undefined && cert === undefined)
    throw new UsageError(`--key ${key} needs --cert FILE beside it, with the certificate`);
  return {
    ...(cafile !== undefined && { ca: read("--cafile", cafile) }),
    ...(cert !== undefined && { cert: read("--cert", cert) }),
    ...(key !== undefined && { key: read("--key", key) }),
    ...(insecure && { insecure }),
  };
}

function read(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read ${option} ${file}: ${describeError(cause)}`, { cause });
  }
}

/** For fetch, node:tls and what is built on it. */
export const tlsSettings = ({ insecure = false, ...files }: PeerTls) => ({
  ...files,
  rejectUnauthorized: !insecure,
});

const shown = "it does not take the certificate that we have shown";

/** BoringSSL's reasons for a handshake that came to nothing: our own, and those that the server has sent. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/CERTIFICATE_REQUIRED/, "it asks for a certificate: give one with --cert FILE --key FILE"],
  [/ALERT_(UNKNOWN_CA|DECRYPT_ERROR|ACCESS_DENIED|BAD_CERTIFICATE)/, shown],
  [/ALERT_(UNSUPPORTED_CERTIFICATE|CERTIFICATE_UNKNOWN)/, shown],
  [/ALERT_CERTIFICATE_REVOKED/, "our certificate is revoked"],
  [/ALERT_CERTIFICATE_EXPIRED/, "our certificate has expired"],
  [/ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, "we have no version of TLS in common"],
  [
    /ALERT_HANDSHAKE_FAILURE|NO_SHARED_CIPHER/,
    "we have no cipher suite in common, or it asks for a certificate",
  ],
  [/WRONG_VERSION_NUMBER|HTTP_REQUEST/, "it does not speak TLS"],
];

/** Why no TLS has come about, for a person to read; undefined: the error is about something else. */
export function handshakeFailure(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { message } = cause;
    const [, ssl] = /SSL routines:[^:]*:([A-Z0-9_]+)/.exec(message) ?? [];
    if (ssl !== undefined)
      return reasons.find(([pattern]) => pattern.test(ssl))?.[1] ?? ssl.toLowerCase().replaceAll("_", " ");
    // Of fetch, which says no more.
    if ("code" in cause && cause.code === "EPROTO")
      return "does it speak TLS, and does it ask for a certificate (--cert FILE --key FILE)?";
  }
  return undefined;
}

/** Whether it has a code of OpenSSL or Node for a certificate that is not valid, or not for this name. */
export function isCertificateError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/.test(code) && !/ALERT/.test(code);
}
