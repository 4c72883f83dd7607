import { Socket } from "node:net";

/** Milliseconds after which a socket reports that its peer is silent; undefined: it waits for ever. */
export interface SocketTimeout {
  readonly before: number | undefined;
  readonly after: number | undefined;
}

/** What a new TCP socket says of its timeout, and what it says once that has been set. */
export function socketTimeout(milliseconds: number): SocketTimeout {
  const socket = new Socket();
  try {
    const before = timeoutOf(socket);
    socket.setTimeout(milliseconds);
    return { before, after: timeoutOf(socket) };
  } finally {
    socket.destroy();
  }
}

/** Node has undefined or 0 for none. */
const timeoutOf = ({ timeout }: Socket): number | undefined => timeout || undefined;
