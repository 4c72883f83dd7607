import type { TLSOptions } from "bun";
import type { TlsMaterial } from "./tls-files.ts";

/** By the names of node:tls, and as TLS numbers them. */
const versions = {
  "1.2": { name: "TLSv1.2", number: 0x0303 },
  "1.3": { name: "TLSv1.3", number: 0x0304 },
} as const;

/** SSL_OP_CIPHER_SERVER_PREFERENCE: of the suites that both sides know, the first one of our list is taken. */
const serverPreference = 0x0040_0000;

function common({ cert, key, ca, crl, setting }: TlsMaterial) {
  const isRequired = setting.requireClientCert;
  return {
    cert,
    key,
    ...(ca !== undefined && { ca }),
    ...(crl.length > 0 && { crl: [...crl] }),
    requestCert: isRequired,
    rejectUnauthorized: isRequired,
    ciphers: setting.ciphers.join(":"),
    secureOptions: serverPreference,
  };
}

/** As `Bun.listen` takes it, whose types lack the versions. */
export function listenOptions(material: TlsMaterial): TLSOptions {
  const { minVersion } = material.setting;
  const limits = { minVersion: versions[minVersion].number, maxVersion: versions["1.3"].number };
  return { ...common(material), ...limits };
}

/** As node:tls takes it. */
function nodeOptions(material: TlsMaterial) {
  const { minVersion } = material.setting;
  return {
    ...common(material),
    minVersion: versions[minVersion].name,
    maxVersion: versions["1.3"].name,
  };
}

/** @throws {Error} when TLS cannot be spoken with it */
export async function checkContext(material: TlsMaterial): Promise<void> {
  const { createSecureContext } = await import("node:tls");
  createSecureContext(nodeOptions(material));
}

/**
 * Has a listener speak TLS with other certificates and settings from now on; connections that are open are not touched,
 * and no ticket of an earlier session is taken any more. `Bun.listen` has no way to do that, but node:tls, which Bun
 * builds on the same listeners, does: its server is lent ours for a moment.
 * @throws {Error} and changes nothing
 */
export async function replaceContext(listener: object, material: TlsMaterial): Promise<void> {
  const { createServer } = await import("node:tls");
  const options = nodeOptions(material);
  // Whether certificates are asked for is read here, everything else below.
  const server = createServer(options);
  Reflect.set(server, "_handle", listener);
  try {
    server.setSecureContext(options);
  } finally {
    Reflect.set(server, "_handle", null);
  }
}
