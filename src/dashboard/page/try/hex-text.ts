import { texts } from "../text/language.ts";

const words = texts({
  en: {
    notHex: (word: string) => `“${word}” is not hexadecimal.`,
    isOdd: (word: string) => `“${word}” has an odd number of digits.`,
  },
  id: {
    notHex: (word) => `“${word}” bukan heksadesimal.`,
    isOdd: (word) => `Banyaknya digit “${word}” ganjil.`,
  },
});

/**
 * Bytes from what one pastes: `48 61 6c`, `0x48,0x61`, `48:61:6c`, in any number of lines.
 * @throws {Error} that says what is no pair of digits
 */
export function parseHex(text: string): Uint8Array {
  const parts = text
    .replace(/0x/gi, " ")
    .split(/[\s,:;-]+/)
    .filter((word) => word !== "");
  const pairs = parts.flatMap((word) => {
    if (!/^[0-9a-fA-F]+$/.test(word)) throw new Error(words.notHex(word.slice(0, 20)));
    if (word.length % 2 === 1) throw new Error(words.isOdd(word.slice(0, 20)));
    return word.match(/../g) ?? [];
  });
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

export const hexText = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
