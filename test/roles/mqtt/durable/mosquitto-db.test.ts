import { describe, expect, test } from "bun:test";
import { isMosquittoDb, readMosquittoDb } from "../../../../src/roles/mqtt/durable/mosquitto-db.ts";

const now = Date.UTC(2026, 0, 1);
const seconds = now / 1000;

const u8 = (...values: number[]) => Buffer.from(values);
const u16 = (...values: number[]) => Buffer.concat(values.map((value) => u8(value >> 8, value & 255)));
const u32 = (value: number) => Buffer.concat([u16(value >>> 16), u16(value & 0xffff)]);
const host64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return bytes;
};

const chunk = (kind: number, ...parts: readonly (Buffer | string)[]) => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([u32(kind), u32(body.length), body]);
};
const database = (...chunks: readonly Buffer[]) =>
  Buffer.concat([
    u8(0, 0xb5, 0),
    Buffer.from("mosquitto db"),
    u32(0),
    u32(6),
    chunk(1, Buffer.alloc(16)),
    ...chunks,
  ]);

const message = (id: number, topic: string, qos: number, { retain = 0, expiry = 0 } = {}) =>
  chunk(
    2,
    ...[host64(id), host64(expiry), u32(1), u16(7, 3, 0, topic.length, 1883), u8(qos, retain)],
    ...["pub", topic, "x"],
  );
const client = (id: string, interval: number, expiryTime = 0) =>
  chunk(6, host64(expiryTime), u32(interval), u16(9, id.length, 1883, 0), u32(0), id);
const subscription = (id: string, filter: string, qos: number, options = 0) =>
  chunk(5, u32(3), u16(id.length, filter.length), u8(qos, options), u16(0), id, filter);
const ofClient = (id: string, store: number, packetId: number, qos: number, state: number, direction = 1) =>
  chunk(3, host64(store), u16(packetId, id.length), u8(qos, state, 0x10, direction), id);

const everything = (bytes: Buffer) => {
  const { sessions, retained } = readMosquittoDb(bytes, now);
  return { sessions: [...sessions], retained: [...retained] };
};

describe("a mosquitto.db", () => {
  test("is known by its first bytes", () => {
    expect(isMosquittoDb(database())).toBe(true);
    expect(isMosquittoDb(Buffer.from('{"type":"store"}'))).toBe(false);
    expect(isMosquittoDb(Buffer.from([0, 0xb5]))).toBe(false);
  });

  test("gives what is in flight before what waits, in order", () => {
    const { sessions } = everything(
      database(
        ...[message(1, "a", 1), message(2, "b", 2), message(3, "c", 1)],
        client("ani", 100, seconds + 40),
        ofClient("ani", 3, 0, 1, 11),
        ofClient("ani", 1, 5, 1, 3),
        ofClient("ani", 2, 6, 2, 5),
        ofClient("ani", 2, 7, 2, 9),
        subscription("ani", "#", 2, 4 | 8),
      ),
    );
    const [ani] = sessions;
    expect(ani).toMatchObject({ clientId: "ani", owner: undefined, expiry: 100_000, away: 60_000 });
    expect(
      [...ani!.deliveries].map(({ number, packetId, message: { topic } }) => [number, packetId, topic]),
    ).toEqual([
      [1, 5, "a"],
      [2, 6, "b"],
      [3, undefined, "c"],
    ]);
    expect([...ani!.awaitingPubcomp]).toEqual([7]);
    expect([...ani!.subscriptions]).toEqual([
      { filter: "#", qos: 2, noLocal: true, retainAsPublished: true, identifier: 3 },
    ]);
  });

  test("a message at QoS 2 that its client has not released reaches its subscribers, and its identifier is kept", () => {
    const { sessions, retained } = everything(
      database(
        ...[message(1, "a/b", 2, { retain: 1 }), client("ani", 0xffff_ffff), client("budi", 0xffff_ffff)],
        ofClient("budi", 1, 8, 2, 7, 0),
        subscription("ani", "a/+", 1),
      ),
    );
    const [ani, budi] = sessions;
    expect([...ani!.deliveries]).toMatchObject([{ number: 1, qos: 1, subscriptionIds: [3] }]);
    expect([...budi!.incoming]).toEqual([8]);
    expect(retained).toMatchObject([{ topic: "a/b", retain: true }]);
  });

  test("retained messages are taken, but those that are over and the broker's own", () => {
    const retain = (id: number) => chunk(4, host64(id));
    const { retained } = everything(
      database(
        ...[message(1, "a", 0), message(2, "$SYS/x", 0), message(3, "b", 0, { expiry: seconds - 1 })],
        ...[message(4, "c", 0, { expiry: seconds + 5 }), retain(1), retain(2), retain(3), retain(4)],
      ),
    );
    expect(retained.map(({ topic, expiresIn }) => [topic, expiresIn])).toEqual([
      ["a", Number.POSITIVE_INFINITY],
      ["c", 5000],
    ]);
  });

  test("that is cut off anywhere, or of another version, is an error with the place", () => {
    const whole = database(message(1, "a", 1), client("ani", 1), subscription("ani", "#", 2));
    for (let length = 24; length < whole.length; length++) {
      try {
        readMosquittoDb(whole.subarray(0, length), now);
      } catch (error) {
        expect(String(error)).toMatch(/at byte \d+$/);
      }
    }
    expect(() => readMosquittoDb(whole.subarray(0, whole.length - 1), now)).toThrow("cut off, at byte");
    const other = Buffer.from(whole);
    other[22] = 9;
    expect(() => readMosquittoDb(other, now)).toThrow("its format is version 9");
    for (let at = 23; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 0xff;
      try {
        readMosquittoDb(flipped, now);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
        expect(error).not.toBeInstanceOf(RangeError);
      }
    }
  });
});
