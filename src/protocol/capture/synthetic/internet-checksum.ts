/** The checksum of IP, TCP and UDP: the complement of the sum, in ones' complement, of all 16-bit words. */
export function internetChecksum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) sum += sumOf(part);
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** Each part begins a new word. A double holds the sum of any packet exactly. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  const whole = bytes.length & ~1;
  for (let at = 0; at < whole; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  return whole < bytes.length ? sum + (bytes[whole]! << 8) : sum;
}
