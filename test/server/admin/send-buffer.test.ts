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
