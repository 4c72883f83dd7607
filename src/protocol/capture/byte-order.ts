export type Uint32Reader = (bytes: Uint8Array, at: number) => number;

/** Not Buffer's own methods, which check their arguments. */
export const uint32Reader: { readonly little: Uint32Reader; readonly big: Uint32Reader } = {
  little: (bytes, at) =>
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0,
  big: (bytes, at) =>
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0,
};
