import type { Random } from "./random.ts";

/** What a hostile client has to say, and how it leaves. */
export interface Talk {
  readonly bytes: Buffer;
  /** Resets the connection, whatever is on its way. */
  readonly isRude: boolean;
}

/** Connects, says it in pieces, leaves; resolves when the connection is gone. */
export function talk(port: number, { bytes, isRude }: Talk, random: Random): Promise<void> {
  const cuts = Array.from({ length: random.below(4) }, () => random.below(bytes.length + 1));
  const places = [0, ...cuts.sort((one, other) => one - other), bytes.length];
  const pieces = places.slice(1).map((place, index) => bytes.subarray(places[index], place));
  const { promise, resolve } = Promise.withResolvers<void>();
  const speak = async (socket: Bun.Socket<undefined>) => {
    for (const piece of pieces) {
      if (piece.length > 0) socket.write(piece);
      if (pieces.length > 1) await new Promise((next) => setImmediate(next));
    }
    if (isRude) socket.terminate();
    else socket.end();
  };
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => void speak(socket),
      data: () => {},
      error: () => resolve(),
      close: () => resolve(),
    },
  }).catch(() => resolve());
  return promise;
}
