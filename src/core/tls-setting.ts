import { z } from "zod";
import { nearest } from "./nearest.ts";
import { knownCiphers, safeCiphers } from "./tls-ciphers.ts";

/** A listener's certificate and what it asks of its clients, checked; the paths are those of PEM files. */
export interface TlsSetting {
  readonly cert: string;
  readonly key: string;
  /** Authorities that client certificates may be signed by. */
  readonly ca?: string | undefined;
  /** Lists of what these authorities have revoked; not empty: every authority of a client's chain needs one. */
  readonly crl: readonly string[];
  /** Accept only clients with a certificate of one of the authorities. */
  readonly requireClientCert: boolean;
  readonly minVersion: TlsVersion;
  /** Cipher suites of TLS 1.2, the best first. Those of TLS 1.3 are fixed. */
  readonly ciphers: readonly string[];
}

export type TlsVersion = "1.2" | "1.3";

const file = z.string().min(1);

/** YAML reads 1.2 as a number. */
const version = z
  .union([z.string(), z.number()])
  .default("1.2")
  .transform((value, context): TlsVersion => {
    if (String(value) === "1.2" || String(value) === "1.3") return String(value) as TlsVersion;
    const message = `must be 1.2 or 1.3, and is ${JSON.stringify(value)}: older versions are not safe, and are not spoken`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });

/** The names in a list of OpenSSL's, `A:B`, or in one of YAML's. */
const splitCiphers = (value: string | readonly string[]): string[] =>
  (typeof value === "string" ? value.split(":") : [...value]).map((name) => name.trim());

/** What is wrong with a list of cipher suites; undefined: nothing. */
function cipherListMistake(names: readonly string[]): string | undefined {
  if (names.length === 0 || names.join("") === "")
    return `must name a cipher suite, such as ${safeCiphers[0]}`;
  const wrong = names.find((name) => !knownCiphers.includes(name));
  if (wrong === undefined) return undefined;
  if (wrong.startsWith("TLS_"))
    return `must be cipher suites of TLS 1.2, and ${wrong} is one of TLS 1.3, whose three suites are always on`;
  const guess = nearest(wrong, knownCiphers);
  const hint = guess === undefined ? `There are ${knownCiphers.join(", ")}` : `Did you mean "${guess}"?`;
  return `must be cipher suites by OpenSSL's names, and "${wrong}" is none that can be used. ${hint}`;
}

const ciphers = z
  .union([z.string(), z.array(z.string())])
  .default([...safeCiphers])
  .transform((value, context) => {
    const names = splitCiphers(value);
    const mistake = cipherListMistake(names);
    if (mistake === undefined) return names;
    context.addIssue({ code: "custom", message: mistake });
    return z.NEVER;
  });

const fields = {
  cert: file.describe("The server's certificate in PEM, followed by those of intermediate authorities."),
  key: file.describe("Its private key in PEM."),
  ca: file.optional().describe("Authorities in PEM whose certificates clients may show."),
  requireClientCert: z
    .boolean()
    .optional()
    .describe("Accept only clients with a certificate of one of the authorities in ca. Default: false."),
  requestClientCertificate: z
    .boolean()
    .optional()
    .describe("The older name of requireClientCert.")
    .meta({ deprecated: true }),
  crl: z
    .union([file, z.array(file).min(1)])
    .optional()
    .describe(
      "Revocation lists in PEM: a file or a list of files, with one list of each authority that client certificates " +
        "come from. Where one is missing or has expired, nobody with a certificate of that authority is let in.",
    ),
  minVersion: version.describe("The oldest version of TLS that is spoken: 1.2 or 1.3."),
  ciphers: ciphers.describe(
    "Cipher suites of TLS 1.2 by OpenSSL's names, as a list or with colons in between, the best first. Absent: all " +
      "that have forward secrecy and authenticated encryption. Those of TLS 1.3 are fixed.",
  ),
};

/** The settings as they are written. A role adds its own by `extend`, and then checks and settles them by the two below. */
export const tlsObject = z.strictObject(fields);

type Written = z.output<typeof tlsObject>;

/** Reports settings that do not go together. */
export function checkTls({ value, issues }: z.core.ParsePayload<Written>): void {
  for (const { path, message } of mistakesOf(value))
    issues.push({ code: "custom", input: undefined, path, message });
}

function* mistakesOf({ ca, crl, minVersion, ciphers, ...settings }: Written) {
  const older = settings.requestClientCertificate;
  const name = older === undefined ? "requireClientCert" : "requestClientCertificate";
  const isRequired = settings.requireClientCert ?? older ?? false;
  if (older !== undefined && settings.requireClientCert !== undefined)
    yield { path: [name], message: "is the older name of requireClientCert, which stands here as well" };
  if (isRequired && ca === undefined)
    yield { path: [name], message: "needs ca: a file with the authorities whose certificates are taken" };
  // Whoever writes them means that others stay outside.
  if (!isRequired && ca !== undefined)
    yield { path: ["ca"], message: `keeps nobody out without ${name}: true beside it` };
  if (!isRequired && crl !== undefined)
    yield { path: ["crl"], message: `keeps nobody out without ${name}: true beside it` };
  if (minVersion === "1.3" && ciphers.join() !== safeCiphers.join())
    yield { path: ["ciphers"], message: "is about TLS 1.2, which minVersion: 1.3 rules out" };
}

/** As roles and the net layer take them. */
export function settleTls<T extends Written>({
  crl,
  requestClientCertificate,
  requireClientCert,
  ...rest
}: T) {
  return {
    ...rest,
    crl: crl === undefined ? [] : [crl].flat(),
    requireClientCert: requireClientCert ?? requestClientCertificate ?? false,
  };
}

/** What each `tls:` is for. */
export const tlsDescription =
  "Speak TLS. The files' paths start at the folder of this file; they are read when the service starts, and again " +
  "by `distsrv reload`, while clients stay connected.";

/** `tls:`, the same for every service over TCP or HTTP. */
export const tlsField = tlsObject.check(checkTls).transform(settleTls).optional().describe(tlsDescription);

/** With absolute paths. */
export function resolveTls<T extends TlsSetting>(tls: T, resolve: (path: string) => string): T {
  const { cert, key, ca, crl } = tls;
  const files = { cert: resolve(cert), key: resolve(key), crl: crl.map(resolve) };
  return { ...tls, ...files, ...(ca !== undefined && { ca: resolve(ca) }) };
}
