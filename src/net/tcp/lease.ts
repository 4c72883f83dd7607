/**
 * Of bytes that do not change while anybody holds them: who needs them for longer than a call need not copy them.
 * Each `hold` is followed by one `release`; nothing may be read after it.
 */
export interface Lease {
  hold(): void;
  release(): void;
}

/** Of bytes that never change: the garbage collector knows when nobody needs them any more. */
export const forEver: Lease = { hold() {}, release() {} };
