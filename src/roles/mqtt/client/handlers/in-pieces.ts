import type { Connection } from "../connection.ts";

/** Topic filters handled before others get their turn: one or two milliseconds. */
const perPiece = 1000;

/**
 * Does something with each topic filter of a packet, then ends. A packet may name a million of them; others get
 * their turn in between, and the client's next packet is read when this one is done with.
 */
export function inPieces<T>(
  connection: Connection,
  items: readonly T[],
  each: (item: T) => void,
  end: () => void,
): void {
  if (items.length <= perPiece) {
    items.forEach(each);
    end();
    return;
  }
  const { clock, turns } = connection.broker;
  let next = 0;
  const goOn = () => {
    if (connection.state === "closed") return;
    const start = clock.now();
    items.slice(next, next + perPiece).forEach(each);
    next += perPiece;
    turns.spend(clock.now() - start);
    connection.lastSeen = clock.now();
    if (next < items.length) {
      turns.later(goOn);
      return;
    }
    connection.state = "open";
    end();
    connection.release();
  };
  connection.hold();
  goOn();
}
