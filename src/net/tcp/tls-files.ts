import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { asError } from "../../core/errors.ts";

/** The paths of a listener's certificate and key, in PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Authorities that client certificates may be signed by. */
  readonly ca?: string | undefined;
  readonly requestClientCertificate: boolean;
}

/** The files' contents, as `Bun.listen` takes them. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  readonly requestCert: boolean;
  readonly rejectUnauthorized: boolean;
}

/** A file that cannot be used; `field` is the setting that names it. The key's text is never in the message. */
export class TlsFileError extends Error {
  override readonly name = "TlsFileError";
  constructor(
    readonly field: "cert" | "key" | "ca",
    path: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot use ${path} as tls.${field}: ${why}`, options);
  }
}

/** @throws {TlsFileError} for the first file that is missing, of the wrong kind, or does not match the others */
export function readTlsFiles({ cert, key, ca, requestClientCertificate }: TlsFiles): TlsMaterial {
  const certificate = read("cert", cert);
  const leaf = parseCertificate("cert", cert, certificate);
  const secret = read("key", key);
  if (!leaf.checkPrivateKey(parseKey(key, secret))) {
    throw new TlsFileError("key", key, `it is not the key of the certificate in ${cert}`);
  }
  const required = { requestCert: requestClientCertificate, rejectUnauthorized: requestClientCertificate };
  if (ca === undefined) return { cert: certificate, key: secret, ...required };
  const authorities = read("ca", ca);
  parseCertificate("ca", ca, authorities);
  return { cert: certificate, key: secret, ca: authorities, ...required };
}

/** Why the certificate is not valid at this moment; undefined when it is. */
export function certificateWarning(files: TlsFiles, { cert }: TlsMaterial, now: number): string | undefined {
  const { validFrom, validTo } = new X509Certificate(cert);
  if (Date.parse(validTo) < now) return `The certificate in ${files.cert} has expired on ${validTo}`;
  if (Date.parse(validFrom) > now)
    return `The certificate in ${files.cert} is valid from ${validFrom} on only`;
  return undefined;
}

function read(field: "cert" | "key" | "ca", path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { message } = asError(cause);
    throw new TlsFileError(field, path, message.split(",")[0] ?? message, { cause });
  }
}

function parseCertificate(field: "cert" | "ca", path: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw new TlsFileError(field, path, "it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  }
}

// The parser's message might quote the key, so it is not kept as the cause.
function parseKey(path: string, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    const why = /ENCRYPTED/.test(text)
      ? "it is encrypted, and must be plain"
      : "it holds no private key in PEM (-----BEGIN PRIVATE KEY-----)";
    throw new TlsFileError("key", path, why);
  }
}
