/*
 * Not those that the system deals out: what asks it for a port, in another process at the same time, would get one that is
 * free here because nothing listens there yet, or any more. Each process has some of its own.
 */
const [first, each, slots] = [20_000, 128, 96];
const held = hold();
let next = 0;

/** Holds the first port of those that no other process holds, for as long as this process runs: the others are its own. */
function hold() {
  for (let tried = 0; tried < slots; tried++) {
    const listener = listen(first + ((process.pid + tried) % slots) * each);
    if (listener === undefined) continue;
    listener.unref();
    return listener;
  }
  throw new Error(`all of ${slots} ports from ${first} on, ${each} apart, are in use`);
}

/** A port of 127.0.0.1 that nothing uses now, nor will, for what cannot be given port 0. */
export function freePort(): number {
  for (let tried = 1; tried < each; tried++) {
    const port = held.port + 1 + (next++ % (each - 1));
    const listener = listen(port);
    listener?.stop(true);
    if (listener !== undefined) return port;
  }
  throw new Error(`all ports from ${held.port} on are in use`);
}

function listen(port: number) {
  try {
    return Bun.listen({ hostname: "0.0.0.0", port, socket: { data() {} } });
  } catch {
    return undefined;
  }
}
