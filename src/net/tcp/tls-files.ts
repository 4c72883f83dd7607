import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { asError } from "../../core/errors.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
import { readRevocationList } from "../../protocol/x509/revocation-list.ts";

/** What the files of a listener hold, all of it checked. */
export interface TlsMaterial {
  readonly setting: TlsSetting;
  readonly cert: string;
  readonly key: string;
  readonly ca?: string;
  /** A revocation list each, in PEM: Bun reads the first one of a text only. */
  readonly crl: readonly string[];
  /** What has an end among them, and when. */
  readonly terms: readonly Term[];
}

/** How long something in a file is valid, in milliseconds since 1970. */
export interface Term {
  readonly kind: "certificate" | "authority" | "crl";
  readonly path: string;
  /** Whose it is. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

type Field = "cert" | "key" | "ca" | "crl";

/** A file that cannot be used; `field` is the setting that names it. The key's text is never in the message. */
export class TlsFileError extends Error {
  override readonly name = "TlsFileError";
  constructor(
    readonly field: Field,
    path: string,
    why: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot use ${path} as tls.${field}: ${why}`, options);
  }
}

/** @throws {TlsFileError} for the first file that is missing, of the wrong kind, or does not match the others */
export function readTlsFiles(setting: TlsSetting): TlsMaterial {
  const certificate = read("cert", setting.cert);
  const chain = certificatesOf("cert", setting.cert, certificate);
  const secret = read("key", setting.key);
  if (!chain[0]?.checkPrivateKey(parseKey(setting.key, secret)))
    throw new TlsFileError("key", setting.key, `it is not the key of the certificate in ${setting.cert}`);
  const authorities = setting.ca === undefined ? undefined : read("ca", setting.ca);
  const trusted = authorities === undefined ? [] : certificatesOf("ca", setting.ca ?? "", authorities);
  const lists = setting.crl.flatMap((path) => revocationLists(path, read("crl", path)));
  return {
    setting,
    cert: certificate,
    key: secret,
    ...(authorities !== undefined && { ca: authorities }),
    crl: lists.map(({ pem }) => pem),
    terms: [
      ...chain.map((one) => termOf("certificate", setting.cert, one)),
      ...trusted.map((one) => termOf("authority", setting.ca ?? "", one)),
      ...lists.map(({ term }) => term),
    ],
  };
}

/** Whether nothing that a client could notice is different. */
export const isSameMaterial = (one: TlsMaterial, other: TlsMaterial): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

function read(field: Field, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { message } = asError(cause);
    throw new TlsFileError(field, path, message.split(",")[0] ?? message, { cause });
  }
}

/** The parts of a text between `-----BEGIN label-----` and its end. */
const blocks = (label: string, text: string): string[] =>
  text.match(new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----`, "g")) ?? [];

/** All of them, of which a listener shows the first one as its own. */
function certificatesOf(field: "cert" | "ca", path: string, text: string): X509Certificate[] {
  try {
    const found = blocks("(?:TRUSTED )?CERTIFICATE", text).map((pem) => new X509Certificate(pem));
    return found.length > 0 ? found : [new X509Certificate(text)];
  } catch {
    throw new TlsFileError(field, path, "it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)");
  }
}

const termOf = (
  kind: Term["kind"],
  path: string,
  { subject, validFrom, validTo }: X509Certificate,
): Term => ({
  kind,
  path,
  name: subject.split("\n").join(", "),
  from: Date.parse(validFrom),
  to: Date.parse(validTo),
});

function revocationLists(path: string, text: string): { readonly pem: string; readonly term: Term }[] {
  const found = blocks("X509 CRL", text);
  if (found.length === 0)
    throw new TlsFileError("crl", path, "it holds no revocation list in PEM (-----BEGIN X509 CRL-----)");
  return found.map((pem) => {
    try {
      const { nextUpdate } = readRevocationList(Buffer.from(pem.split("-----")[2] ?? "", "base64"));
      const to = nextUpdate ?? Number.POSITIVE_INFINITY;
      return { pem, term: { kind: "crl", path, name: "", from: 0, to } };
    } catch (cause) {
      throw new TlsFileError(
        "crl",
        path,
        `a revocation list in it cannot be read: ${asError(cause).message}`,
      );
    }
  });
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
