/** Cipher suites of TLS 1.2 with forward secrecy (ECDHE) and authenticated encryption (AEAD), as RFC 9325 has them. */
export const safeCiphers = [
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
] as const;

/** For devices that know no better, where somebody asks for them by name: CBC, or keys sent under the server's RSA key. */
const weakCiphers = [
  "ECDHE-ECDSA-AES128-SHA256",
  "ECDHE-RSA-AES128-SHA256",
  "ECDHE-ECDSA-AES128-SHA",
  "ECDHE-RSA-AES128-SHA",
  "ECDHE-ECDSA-AES256-SHA",
  "ECDHE-RSA-AES256-SHA",
  "AES128-GCM-SHA256",
  "AES256-GCM-SHA384",
  "AES128-SHA",
  "AES256-SHA",
] as const;

export const knownCiphers: readonly string[] = [...safeCiphers, ...weakCiphers];

/** Those that have no forward secrecy or no authenticated encryption. */
export const weakOf = (names: readonly string[]): string[] =>
  names.filter((name) => weakCiphers.some((weak) => weak === name));
