import type { Random } from "./random.ts";

/** The input of a hostile client, and how it disconnects. */
export interface Talk {
  readonly bytes: Buffer;
  /** Resets the connection at the end, without waiting for anything. */
  readonly resets: boolean;
}

/** Connects, writes the bytes in random pieces and disconnects; resolves when the connection is closed. */
export function talk(port: number, { bytes, resets }: Talk, random: Random): Promise<void> {
  const cuts = Array.from({ length: random.below(4) }, () => random.below(bytes.length + 1));
  const places = [0, ...cuts.sort((one, other) => one - other), bytes.length];
  const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
  const { promise, resolve } = Promise.withResolvers<void>();
  const write = async (socket: Bun.Socket<undefined>) => {
    for (const piece of pieces) {
      if (piece.length > 0) socket.write(piece);
      if (pieces.length > 1) await new Promise((next) => setImmediate(next));
    }
    if (resets) socket.terminate();
    else socket.end();
  };
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void write(socket),
      data: () => {},
      error: () => resolve(),
      close: () => resolve(),
    },
  }).catch(() => resolve());
  return promise;
}
