import { expect, onTestFinished, test } from "bun:test";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LineWriter } from "../../src/observe/line-writer.ts";
import type { QueuedWriterOptions } from "../../src/observe/queued-writer.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
const busy = Object.assign(new Error("EAGAIN: resource temporarily unavailable, write"), { code: "EAGAIN" });

/** A device that takes, at each write, the number of bytes or the error that `next` gives. */
function device(options: Partial<QueuedWriterOptions> = {}) {
  const state = { text: "", calls: 0, next: (length: number): number | Error => length };
  const writer = new LineWriter({
    fd: -1,
    name: "the device",
    write: (_fd, bytes, done) => {
      state.calls++;
      const taken = state.next(bytes.length);
      if (typeof taken === "number") state.text += Buffer.from(bytes.subarray(0, taken)).toString("latin1");
      setImmediate(() => (typeof taken === "number" ? done(null, taken) : done(taken, 0)));
    },
    ...options,
  });
  const failures: string[] = [];
  writer.onFailure = (why) => void failures.push(why);
  writer.gapLine = (lost, why) => `[${lost} lost: ${why}]\n`;
  return { state, writer, failures };
}

test("lines arrive in their order, those that wait together in one write", async () => {
  const { state, writer } = device();
  for (let i = 0; i < 1000; i++) writer.write(`${i}\n`);
  await writer.flush();
  expect(state.text).toBe(Array.from({ length: 1000 }, (_, i) => `${i}\n`).join(""));
  expect(state.calls).toBe(2);
});

test("of a batch the first item waits for others, until there are enough of them or somebody flushes", async () => {
  const { state, writer } = device({ batch: { bytes: 10, ms: 1_000_000 } });
  writer.write("satu\n");
  writer.write("dua\n");
  expect(state.calls).toBe(0);
  writer.write("tiga\n");
  expect(state.calls).toBe(1);
  await until(() => state.text === "satu\ndua\ntiga\n");
  writer.write("empat\n");
  expect(state.calls).toBe(1);
  await writer.flush();
  expect(state.text).toBe("satu\ndua\ntiga\nempat\n");
  const soon = device({ batch: { bytes: 1000, ms: 1 } });
  soon.writer.write("satu\n");
  await until(() => soon.state.text === "satu\n");
});

test("a write that takes a part only is continued, within a line and within a character", async () => {
  const { state, writer } = device();
  state.next = (length) => Math.min(length, 3);
  writer.write("Suhu: 28°C\n");
  writer.write("dua\n");
  await writer.flush();
  expect(Buffer.from(state.text, "latin1").toString()).toBe("Suhu: 28°C\ndua\n");
});

test("a failure is reported once, what fits into memory is kept, and no line is cut or lost", async () => {
  const { state, writer, failures } = device();
  let room = 7;
  state.next = (length) => {
    if (room === 0) return full;
    const taken = Math.min(length, room);
    room -= taken;
    return taken;
  };
  writer.write("satu\n");
  await writer.flush();
  for (const line of ["dua\n", "tiga\n"]) writer.write(line);
  await writer.flush();
  await writer.flush();
  expect(state.text).toBe("satu\ndu");
  expect(failures).toEqual([full.message]);
  expect(writer.problem?.text).toBe(
    `Cannot write to the device: ${full.message}; 0 lines have been lost so far`,
  );
  room = 1000;
  await until(() => state.text === "satu\ndua\ntiga\n");
  expect(writer.problem).toBeUndefined();
  expect(writer.lost).toBe(0);
});

test("lines beyond the limit are lost, and their count stands where they are missing", async () => {
  const { state, writer, failures } = device({ maxWaiting: 100 });
  state.next = () => full;
  writer.write("first\n");
  await writer.flush();
  for (let i = 0; i < 1000; i++) writer.write(`line ${i}\n`);
  await writer.flush();
  expect(failures).toHaveLength(1);
  const kept = 1000 - writer.lost;
  expect(kept).toBeLessThan(20);
  expect(writer.problem?.text).toContain(`${writer.lost} lines have been lost so far`);
  state.next = (length) => length;
  await writer.flush();
  writer.write("after\n");
  await writer.flush();
  const before = Array.from({ length: kept }, (_, i) => `line ${i}\n`).join("");
  expect(state.text).toBe(`first\n${before}[${1000 - kept} lost: ${full.message}]\nafter\n`);
  expect(failures).toHaveLength(1);
});

test("a reader that has stopped costs lines, one report, and no more memory than the limit", async () => {
  const waiting: (() => void)[] = [];
  let text = "";
  const { writer, failures } = device({
    maxWaiting: 1000,
    write: (_fd, bytes, done) => {
      text += Buffer.from(bytes).toString();
      waiting.push(() => done(null, bytes.length));
    },
  });
  for (let i = 0; i < 10_000; i++) writer.write("0123456789\n");
  expect(failures).toEqual(["nobody reads it"]);
  expect(writer.problem?.text).toContain("nobody reads it");
  const kept = 10_000 - writer.lost;
  expect(kept * 11).toBeLessThanOrEqual(1000 + 11);
  while (waiting.length > 0) waiting.shift()?.();
  expect(text).toBe(`${"0123456789\n".repeat(kept)}[${10_000 - kept} lost: nobody reads it]\n`);
  expect(writer.problem).toBeUndefined();
});

test("a shared descriptor that is non-blocking and full is waited for, and that is no failure", async () => {
  const { state, writer, failures } = device();
  let refusals = 3;
  state.next = (length) => (refusals-- > 0 ? busy : length);
  writer.write("satu\n");
  await writer.flush();
  expect(state.text).toBe("satu\n");
  expect(failures).toEqual([]);
});

test("a line longer than the limit is taken when nothing else waits", async () => {
  const { state, writer } = device({ maxWaiting: 10 });
  writer.write(`${"x".repeat(100_000)}\n`);
  await writer.flush();
  expect(state.text.length).toBe(100_001);
  expect(writer.lost).toBe(0);
});

test("a real file gets the lines, and /dev/full the report", async () => {
  const folder = scratchFolder("lines");
  const path = join(folder, "log");
  const file = new LineWriter({ fd: openSync(path, "a"), name: path });
  file.write("satu\n");
  file.write("dua\n");
  await file.close();
  expect(readFileSync(path, "utf8")).toBe("satu\ndua\n");
  const broken = new LineWriter({ fd: openSync("/dev/full", "w"), name: "/dev/full" });
  onTestFinished(() => broken.close());
  const failures: string[] = [];
  broken.onFailure = (why) => void failures.push(why);
  broken.write("satu\n");
  await broken.flush();
  expect(failures).toEqual([full.message]);
});

test("after its close it writes nothing, neither what failed before nor new lines", async () => {
  const folder = scratchFolder("lines");
  const fd = openSync(join(folder, "log"), "w");
  const { state, writer } = device({ fd });
  state.next = () => full;
  writer.write("satu\n");
  await writer.close();
  const { calls } = state;
  writer.write("dua\n");
  // Longer than the pause before the next attempt: silence is what is asserted.
  await Bun.sleep(150);
  expect(state.calls).toBe(calls);
});
