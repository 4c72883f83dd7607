// The checksum of IP, TCP and UDP: the complement of the sum, in ones' complement, of all 16-bit words. The sum is the
// same whichever byte of a word is said to be the first [RFC 1071, section 2 (B)]: here, as in memory, the lower one.

/**
 * The sum, not yet folded, of what lies from the word `from` up to `to`. Words of 32 bits are added, since 2^16 counts
 * as 1, in four sums that need not wait for each other; a double holds that of any packet exactly.
 */
export function wordSum(words: Uint32Array, from: number, to: number): number {
  let [one, two, three, four] = [0, 0, 0, 0];
  let at = from;
  for (; at + 4 <= to; at += 4) {
    one += words[at]!;
    two += words[at + 1]!;
    three += words[at + 2]!;
    four += words[at + 3]!;
  }
  for (; at < to; at++) one += words[at]!;
  return one + two + three + four;
}

/** The sum of bytes; an odd one is followed by a zero. */
export function byteSum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes[at]! | ((bytes[at + 1] ?? 0) << 8);
  return sum;
}

/** The sum of a number that is sent with its higher byte first. */
export const numberSum = (value: number): number => ((value & 0xff) << 8) | (value >>> 8);

/** To be stored with its lower byte first. */
export function checksumOf(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return ~folded & 0xffff;
}
