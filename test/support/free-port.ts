/*
 * Not those that the system deals out: what asks it for a port, in another process at the same time, would get one that is
 * free here because nothing listens there yet, or any more. Each process has some of its own.
 */
const [first, each, slots] = [20_000, 128, 96];
let next = 0;

/** A port of 127.0.0.1 that nothing uses now, nor will, for what cannot be given port 0. */
export function freePort(): number {
  for (let tried = 0; tried < each; tried++) {
    const port = first + (process.pid % slots) * each + (next++ % each);
    if (isFree(port)) return port;
  }
  throw new Error(`all ports from ${first + (process.pid % slots) * each} on are in use`);
}

function isFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "0.0.0.0", port, socket: { data() {} } }).stop(true);
    return true;
  } catch {
    return false;
  }
}
