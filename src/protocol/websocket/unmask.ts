/** Below this many bytes a view of 32-bit words costs more than it saves. */
const worthWords = 64;

/**
 * Takes the mask off `bytes` between `from` and `to`, in place.
 * @param mask four bytes, the one for `from` at `phase`
 */
export function unmask(bytes: Uint8Array, from: number, to: number, mask: Uint8Array, phase: number): void {
  let at = from;
  if (to - from >= worthWords) {
    while (((bytes.byteOffset + at) & 3) !== 0) {
      bytes[at] = bytes[at]! ^ mask[(phase + at - from) & 3]!;
      at++;
    }
    const shift = phase + at - from;
    const count = (to - at) >>> 2;
    // Every machine that Bun runs on is little-endian.
    const word =
      mask[shift & 3]! |
      (mask[(shift + 1) & 3]! << 8) |
      (mask[(shift + 2) & 3]! << 16) |
      (mask[(shift + 3) & 3]! << 24);
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, count);
    for (let i = 0; i < count; i++) words[i] = words[i]! ^ word;
    at += count * 4;
  }
  for (; at < to; at++) bytes[at] = bytes[at]! ^ mask[(phase + at - from) & 3]!;
}
