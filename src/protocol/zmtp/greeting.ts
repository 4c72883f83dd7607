import { ZmtpError } from "./zmtp-error.ts";

// https://rfc.zeromq.org/spec/37/: signature (10 bytes), version (2), mechanism (20), as-server (1), filler (31).

export const signatureLength = 10;
export const greetingLength = 64;

const mechanismAt = 12;
const mechanismLength = 20;

/** ZMTP 3.1 with the NULL mechanism: no security. */
export const greeting = makeGreeting();

function makeGreeting(): Uint8Array {
  const bytes = new Uint8Array(greetingLength);
  bytes[0] = 0xff;
  bytes[8] = 1;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes[11] = 1;
  bytes.set(new TextEncoder().encode("NULL"), mechanismAt);
  return bytes;
}

/**
 * Checks as much of a peer's greeting as has come: what does not speak ZeroMQ is recognized by its first byte. Peers of
 * ZMTP 1 and 2 are refused: they send no signature that tells them from a web browser.
 * @throws {ZmtpError}
 */
export function checkGreeting(begun: Uint8Array): void {
  if (begun.length > 0 && begun[0] !== 0xff) throw new ZmtpError("it does not speak ZeroMQ (ZMTP 3)");
  if (begun.length >= signatureLength && ((begun[9] ?? 0) & 1) === 0) {
    throw new ZmtpError("it does not speak ZeroMQ (ZMTP 3)");
  }
  const version = begun[signatureLength];
  if (version !== undefined && version < 3) {
    throw new ZmtpError(`it speaks version ${version} of the protocol, and must speak 3 or later`);
  }
  if (begun.length < greetingLength) return;
  const field = Buffer.from(begun.subarray(mechanismAt, mechanismAt + mechanismLength)).toString("latin1");
  const mechanism = field.replace(/\0+$/, "");
  if (mechanism !== "NULL") {
    throw new ZmtpError(`its security mechanism must be NULL, and is ${JSON.stringify(mechanism)}`);
  }
}
