import { onTestFinished } from "bun:test";
import type { Socket } from "bun";
import { until } from "./until.ts";

/** The connection of a hostile client; cheap enough for hundreds of them. */
export interface Attacker {
  /** How many bytes were received; 0 with `neverReads`. */
  received: number;
  /** The first bytes that were received. */
  head: Buffer;
  closed: boolean;
  /** How many bytes the kernel has accepted. */
  sent: number;
  readonly socket: Socket<undefined>;
}

export interface AttackOptions {
  readonly neverReads?: boolean;
}

/** Connects; it is closed when the test ends. */
export async function attack(port: number, { neverReads = false }: AttackOptions = {}): Promise<Attacker> {
  const seen = { received: 0, head: Buffer.alloc(0), closed: false, sent: 0 };
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    allowHalfOpen: true,
    socket: {
      data(_, chunk) {
        seen.received += chunk.length;
        if (seen.head.length < 65_536) seen.head = Buffer.concat([seen.head, chunk]);
      },
      end() {
        seen.closed = true;
      },
      close() {
        seen.closed = true;
      },
      error() {},
      drain() {},
    },
  });
  if (neverReads) socket.pause();
  onTestFinished(() => socket.terminate());
  return Object.assign(seen, { socket });
}

/** Opens many connections, a hundred at a time so that no accept queue overflows. */
export async function attackMany(
  port: number,
  count: number,
  options: AttackOptions = {},
): Promise<Attacker[]> {
  const all: Attacker[] = [];
  while (all.length < count) {
    const batch = Math.min(100, count - all.length);
    all.push(...(await Promise.all(Array.from({ length: batch }, () => attack(port, options)))));
  }
  return all;
}

/** Over once the server has read nothing for a quarter of a second. */
function stalled(attacker: Attacker): () => boolean {
  let { sent } = attacker;
  let lastWrite = performance.now();
  return () => {
    if (attacker.sent > sent) lastWrite = performance.now();
    sent = attacker.sent;
    return performance.now() - lastWrite > 250;
  };
}

/** Writes `bytes` repeatedly until `limit` bytes are sent, the server closes, or `isOver`, asked after each write. */
export async function pump(
  attacker: Attacker,
  bytes: Uint8Array,
  limit: number,
  isOver = stalled(attacker),
): Promise<void> {
  let rest = bytes;
  await until(() => {
    for (let turn = 0; turn < 16 && attacker.sent < limit && !attacker.closed; turn++) {
      const written = attacker.socket.write(rest);
      if (written <= 0) break;
      attacker.sent += written;
      rest = written < rest.length ? rest.subarray(written) : bytes;
    }
    return attacker.closed || attacker.sent >= limit || isOver();
  });
}
