import { printable } from "../../protocol/text/printable.ts";
import type { TlsMaterial } from "./tls-files.ts";

/** Whether these are the first bytes of a connection with TLS: a record of a handshake, RFC 8446, section 5.1. */
export const beginsTls = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x16 && bytes[1] === 3 && (bytes[2] ?? 0) <= 4;

const distrust = "it does not trust our certificate";

/** BoringSSL's reasons for a handshake that came to nothing. */
const handshakeReasons: Readonly<Record<string, string>> = {
  UNSUPPORTED_PROTOCOL: "it speaks no version of TLS that is allowed here (tls.minVersion)",
  NO_SHARED_CIPHER: "it offers no cipher suite that is allowed here (tls.ciphers)",
  NO_SHARED_GROUP: "it offers no elliptic curve that is known here",
  NO_COMMON_SIGNATURE_ALGORITHMS: "it takes no signature that our key can make",
  HTTP_REQUEST: "it speaks HTTP without TLS",
  HTTPS_PROXY_REQUEST: "it speaks HTTP without TLS",
  WRONG_VERSION_NUMBER: "it does not speak TLS",
  UNEXPECTED_MESSAGE: "it does not keep to the order of a handshake",
  // An alert that is not encrypted, where TLS 1.3 is encrypted already: OpenSSL's way to say no.
  BAD_PACKET_LENGTH: `it broke off in the middle, mostly because ${distrust}`,
  PEER_DID_NOT_RETURN_A_CERTIFICATE: "it shows no certificate",
  TLSV1_ALERT_UNKNOWN_CA: distrust,
  TLSV1_ALERT_DECRYPT_ERROR: distrust,
  SSLV3_ALERT_BAD_CERTIFICATE: distrust,
  SSLV3_ALERT_CERTIFICATE_UNKNOWN: distrust,
  SSLV3_ALERT_CERTIFICATE_EXPIRED: `${distrust}: it says that it has expired`,
};

const stranger = "is of no authority in tls.ca";

/** What is wrong with a client's certificate, by OpenSSL's codes. */
const certificateReasons: Readonly<Record<string, string>> = {
  CERT_REVOKED: "is revoked",
  CERT_HAS_EXPIRED: "has expired",
  CERT_NOT_YET_VALID: "is not valid yet",
  INVALID_PURPOSE: "is not made for clients",
  DEPTH_ZERO_SELF_SIGNED_CERT: stranger,
  SELF_SIGNED_CERT_IN_CHAIN: stranger,
  UNABLE_TO_GET_ISSUER_CERT: stranger,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: stranger,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: stranger,
  CERT_SIGNATURE_FAILURE: stranger,
  UNABLE_TO_GET_CRL: "cannot be checked: tls.crl has no list of its authority",
  CRL_HAS_EXPIRED: "cannot be checked: its authority's list in tls.crl has expired",
  CRL_NOT_YET_VALID: "cannot be checked: its authority's list in tls.crl is not valid yet",
  CRL_SIGNATURE_FAILURE: "cannot be checked: the list of its name in tls.crl is not signed by its authority",
};

/** The certificate that a client has shown. */
export interface ShownCertificate {
  readonly subject: string;
  readonly serialNumber: string;
}

/** Why a handshake has failed, for a person to read. @param shown the client's certificate, if it has shown one */
export function failureReason(error: Error | null, shown: ShownCertificate | undefined): string {
  const code = error !== null && "code" in error ? String(error.code) : "";
  const why = certificateReasons[code];
  if (why !== undefined) return `its certificate${shown === undefined ? "" : ` ${nameOf(shown)}`} ${why}`;
  const message = error?.message ?? "no reason is known";
  // error:100000f0:SSL routines:OPENSSL_internal:UNSUPPORTED_PROTOCOL
  const reason = /^error:[0-9a-f]+:.*:([A-Z0-9_]+)$/.exec(message)?.[1];
  if (reason === undefined) return printable(message, 200);
  return handshakeReasons[reason] ?? reason.toLowerCase().replaceAll("_", " ");
}

const nameOf = ({ subject, serialNumber }: ShownCertificate): string =>
  `(${printable(subject.split("\n").join(", "), 200)}; serial number ${serialNumber})`;

/** Whether a client that has finished its handshake has proved what the setting asks for. */
export const isProved = (authorized: boolean, { setting }: TlsMaterial): boolean =>
  authorized || !setting.requireClientCert;
