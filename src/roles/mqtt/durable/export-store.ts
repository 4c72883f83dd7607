import type { Contents, StoredMessage, StoredSession, StoredWill } from "../ports/store.ts";
import { lastingGrant } from "./stored-grant.ts";

/** The version of the lines. A program reads those of its own version and of older ones; since 2 the last one is `end`. */
export const linesVersion = 2;

/**
 * A store as JSON Lines, for backups, moves and other programs. Messages come before the sessions that they are for,
 * each once, however many sessions it is for. Bytes are base64, times are by the calendar. The last line counts those
 * before it, so that a copy which was cut short is noticed.
 */
export function* exportLines(contents: Contents, now: number): Generator<string, void, undefined> {
  let count = 0;
  for (const one of contentLines(contents, now)) {
    count++;
    yield one;
  }
  yield line({ type: "end", lines: count });
}

function* contentLines({ sessions, retained, wills }: Contents, now: number): Generator<string> {
  yield line({ type: "store", version: linesVersion, exported: new Date(now).toISOString() });
  const numbers = new Map<StoredMessage, number>();
  for (const session of sessions) {
    const deliveries = [...session.deliveries];
    for (const { message } of deliveries) {
      if (numbers.has(message)) continue;
      numbers.set(message, numbers.size + 1);
      yield line({ type: "message", id: numbers.size, ...messageLine(message, now) });
    }
    yield line(sessionLine({ ...session, deliveries }, numbers, now));
  }
  for (const message of retained) yield line({ type: "retained", ...messageLine(message, now) });
  for (const will of wills) yield line(willLine(will));
}

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Milliseconds, or "forever". */
const lasting = (milliseconds: number): number | string =>
  milliseconds === Number.POSITIVE_INFINITY ? "forever" : milliseconds;

function messageLine({ topic, qos, retain, properties, payload, expiresIn }: StoredMessage, now: number) {
  return {
    topic,
    qos,
    retain,
    payload: base64(payload),
    ...(properties.length > 0 && { properties: base64(properties) }),
    ...(expiresIn !== Number.POSITIVE_INFINITY && { expires: new Date(now + expiresIn).toISOString() }),
  };
}

function sessionLine(session: StoredSession, numbers: ReadonlyMap<StoredMessage, number>, now: number) {
  const {
    clientId,
    owner,
    prefix,
    grant,
    expiry,
    away,
    subscriptions,
    deliveries,
    awaitingPubcomp,
    incoming,
  } = session;
  return {
    type: "session",
    clientId,
    ...(owner !== undefined && { owner }),
    ...(prefix !== undefined && { prefix }),
    ...(grant !== undefined && { grant: lastingGrant(grant) }),
    expiry: lasting(expiry),
    ...(away > 0 && { awaySince: new Date(now - away).toISOString() }),
    subscriptions: [...subscriptions],
    deliveries: Array.from(deliveries, ({ message, ...delivery }) => ({
      ...delivery,
      message: numbers.get(message),
    })),
    awaitingPubcomp: [...awaitingPubcomp],
    incoming: [...incoming],
  };
}

const willLine = ({ clientId, delay, packet, author }: StoredWill) => ({
  type: "will",
  clientId,
  delay: lasting(delay),
  packet: base64(packet),
  ...(author !== undefined && { author }),
});
