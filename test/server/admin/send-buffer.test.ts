import { expect, test } from "bun:test";
import { SendBuffer } from "../../../src/server/admin/send-buffer.ts";

const bytes = (text: string) => [Buffer.from(text)];
const textOf = ({ value }: { readonly value?: Uint8Array | undefined }) =>
  Buffer.from(value ?? []).toString();

test("what is written after a reader has waited in vain, and after nothing was written, comes", async () => {
  const buffer = new SendBuffer(100);
  const reader = buffer.stream(() => {}).getReader();
  const first = reader.read();
  await Bun.sleep(1);
  buffer.write();
  await Bun.sleep(1);
  buffer.write(...bytes("one"));
  expect(textOf(await first)).toBe("one");
  buffer.write(...bytes("two"));
  buffer.close(...bytes("three"));
  expect(textOf(await reader.read())).toBe("twothree");
  expect((await reader.read()).done).toBe(true);
});

test("what does not fit is not taken at all, and there is room again once it is read", async () => {
  const buffer = new SendBuffer(5);
  expect([buffer.write(...bytes("12345")), buffer.write(...bytes("6"))]).toEqual([true, false]);
  const reader = buffer.stream(() => {}).getReader();
  expect(textOf(await reader.read())).toBe("12345");
  expect(buffer.write(...bytes("6"))).toBe(true);
  buffer.close();
  expect([buffer.write(...bytes("7")), textOf(await reader.read())]).toEqual([false, "6"]);
});

/** A buffer with a clock that stands, and timers that are called by hand. */
function gathering(limit: number) {
  let now = 1000;
  const timers = new Set<() => void>();
  const buffer = new SendBuffer(limit, {
    gatherMs: 25,
    clock: () => now,
    after(ms, call) {
      expect(ms).toBe(1025 - now);
      timers.add(call);
      return () => timers.delete(call);
    },
  });
  const reader = buffer.stream(() => {}).getReader();
  const elapse = (ms: number) => {
    now += ms;
    for (const call of timers) call();
  };
  return { buffer, reader, timers, elapse, pass: (ms: number) => (now += ms) };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("what comes after a pause is sent at once, and what comes soon after it together", async () => {
  const { buffer, reader, timers, pass, elapse } = gathering(100);
  buffer.write(...bytes("first"));
  expect(textOf(await reader.read())).toBe("first");
  pass(5);
  const second = reader.read();
  for (const text of ["one ", "two ", "three"]) {
    buffer.write(...bytes(text));
    await turn();
  }
  expect(timers.size).toBe(1);
  elapse(20);
  expect(textOf(await second)).toBe("one two three");
  expect(timers.size).toBe(0);
  pass(30);
  buffer.write(...bytes("later"));
  expect(textOf(await reader.read())).toBe("later");
});

test("nothing is gathered once half of the room is taken, or the stream ends", async () => {
  const { buffer, reader, timers } = gathering(10);
  buffer.write(...bytes("first"));
  await reader.read();
  const second = reader.read();
  buffer.write(...bytes("one"));
  await turn();
  buffer.write(...bytes("two"));
  expect(textOf(await second)).toBe("onetwo");
  const third = reader.read();
  buffer.write(...bytes("end"));
  await turn();
  buffer.close();
  expect(textOf(await third)).toBe("end");
  expect([(await reader.read()).done, timers.size]).toEqual([true, 0]);
});
