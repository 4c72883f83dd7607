import { ipv4Text, macText } from "./address-text.ts";

/** An ARP packet of Ethernet and IPv4. */
export interface Arp {
  readonly operation: "request" | "reply";
  readonly senderMac: string;
  readonly senderAddress: string;
  readonly targetMac: string;
  readonly targetAddress: string;
}

/** @returns undefined for ARP of other networks, and for what is too short */
export function readArp(bytes: Uint8Array, at: number): Arp | undefined {
  if (bytes.length - at < 28) return undefined;
  const isEthernet = bytes[at + 1] === 1 && bytes[at + 4] === 6;
  const isIpv4 = bytes[at + 2] === 8 && bytes[at + 3] === 0 && bytes[at + 5] === 4;
  const operation = (bytes[at + 6]! << 8) | bytes[at + 7]!;
  if (!isEthernet || !isIpv4 || (operation !== 1 && operation !== 2)) return undefined;
  return {
    operation: operation === 1 ? "request" : "reply",
    senderMac: macText(bytes, at + 8),
    senderAddress: ipv4Text(bytes, at + 14),
    targetMac: macText(bytes, at + 18),
    targetAddress: ipv4Text(bytes, at + 24),
  };
}
