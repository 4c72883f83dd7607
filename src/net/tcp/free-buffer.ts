/**
 * Gives the memory of bytes that nobody reads any more back at once; every view of them is empty afterwards. The
 * garbage collector does so, too, but late: it counts objects, and a few objects may be a gigabyte. Ten packets of
 * 100 MB one after the other took 525 MB without this, and 126 MB with it.
 *
 * @param bytes all of their buffer, and nobody else's
 */
export function discard({ buffer, byteLength }: Uint8Array): void {
  // What shares its buffer with others is left alone: small ones of Node's may lie in a common pool.
  if (byteLength > 0 && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
