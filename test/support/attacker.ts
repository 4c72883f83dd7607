import { onTestFinished } from "bun:test";
import type { Socket } from "bun";
import { until } from "./until.ts";

/** A connection that behaves as badly as it is told to; hundreds of them are cheap. */
export interface Attacker {
  /** Everything that was received, unless `neverReads`. */
  received: number;
  /** The first bytes of it. */
  head: Buffer;
  closed: boolean;
  /** Bytes that the kernel took from us. */
  sent: number;
  readonly socket: Socket<undefined>;
}

export interface AttackOptions {
  /** Never reads. */
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

/** So many connections at once, made in handfuls so that no accept queue overflows. */
export async function attackMany(
  port: number,
  count: number,
  options: AttackOptions = {},
): Promise<Attacker[]> {
  const all: Attacker[] = [];
  while (all.length < count) {
    const handful = Math.min(100, count - all.length);
    all.push(...(await Promise.all(Array.from({ length: handful }, () => attack(port, options)))));
  }
  return all;
}

/**
 * Writes `bytes` again and again until `limit` bytes are sent, the server closes, or it takes nothing for so long
 * that it evidently does not read any more.
 */
export async function pump(attacker: Attacker, bytes: Uint8Array, limit: number): Promise<void> {
  let rest = bytes;
  let lastTaken = performance.now();
  const patience = 250;
  await until(() => {
    for (let turn = 0; turn < 16 && attacker.sent < limit && !attacker.closed; turn++) {
      const taken = attacker.socket.write(rest);
      if (taken <= 0) break;
      lastTaken = performance.now();
      attacker.sent += taken;
      rest = taken < rest.length ? rest.subarray(taken) : bytes;
    }
    return attacker.closed || attacker.sent >= limit || performance.now() - lastTaken > patience;
  }, 15_000);
}
