import { formatIp, type IpAddress, parseIp } from "../../core/address-range.ts";
import { invalidHeader, type ProxyHeader, partialHeader } from "./api.ts";

const start = Buffer.from("PROXY ", "latin1");

/** With CR LF: "PROXY UNKNOWN", two addresses of IPv6 and two ports are no longer. */
const maxLength = 107;

const [carriageReturn, lineFeed] = [0x0d, 0x0a];

/** Whether the bytes are, or may become, a header of version 1. */
export function startsVersion1(bytes: Uint8Array): boolean {
  const length = Math.min(bytes.length, start.length);
  return start.subarray(0, length).equals(bytes.subarray(0, length));
}

/** A line of text: `PROXY TCP4 192.0.2.7 192.0.2.1 56324 443`. */
export function readVersion1(bytes: Uint8Array): ProxyHeader {
  const end = bytes.subarray(0, maxLength).indexOf(lineFeed);
  if (end < 0) {
    if (bytes.length < maxLength) return partialHeader;
    return invalidHeader(`its PROXY line does not end within ${maxLength} bytes`);
  }
  if (bytes[end - 1] !== carriageReturn) return invalidHeader("its PROXY line does not end in CR LF");
  const line = Buffer.from(bytes.subarray(0, end - 1)).toString("latin1");
  const length = end + 1;
  // What follows UNKNOWN is to be ignored, whatever it is.
  if (/^PROXY UNKNOWN(?: |$)/.test(line)) return { kind: "complete", length, source: undefined };
  // One space each, as the specification has it.
  const [, family = "", from = "", to = "", fromPort = "", toPort = ""] =
    /^PROXY (TCP[46]) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  const address = addressOf(family, from);
  if (address === undefined || addressOf(family, to) === undefined || !isPort(fromPort) || !isPort(toPort)) {
    return invalidHeader(
      "its PROXY line must be like PROXY TCP4 192.0.2.7 192.0.2.1 56324 443, with TCP4, TCP6 or UNKNOWN",
    );
  }
  return { kind: "complete", length, source: { host: formatIp(address), port: Number(fromPort) } };
}

/** Undefined for an address of the other family, too. */
function addressOf(family: string, text: string): IpAddress | undefined {
  const isOfFamily = family === "TCP6" ? /^[0-9a-f:.]*:[0-9a-f:.]*$/i : /^[0-9.]+$/;
  return isOfFamily.test(text) ? parseIp(text) : undefined;
}

const isPort = (text: string): boolean => /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
