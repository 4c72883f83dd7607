import { expect, onTestFinished, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Conversation } from "../../src/core/traffic.ts";
import {
  type CaptureSettings,
  TrafficCapture,
  type TrafficCaptureOptions,
} from "../../src/observe/traffic-capture.ts";
import { TrafficHub } from "../../src/observe/traffic-hub.ts";
import { CaptureReader } from "../../src/protocol/capture/capture-reader.ts";
import { analyseFile, odditiesOf } from "../support/analyse.ts";
import { scratchFolder } from "../support/scratch.ts";
import { until } from "../support/until.ts";

const conversation: Conversation = {
  id: "echo#1",
  service: "echo",
  transport: "tcp",
  local: "127.0.0.1:2222",
  remote: "127.0.0.1:40000",
};

/** Packets of a file, and those that are not in it. One that is being written to may end in the middle of a block. */
function read(file: string, isWhole = true): { frames: number; drops: number } {
  let drops = 0;
  const reader = new CaptureReader({
    frame: () => {},
    drops: (count) => {
      drops += count;
    },
  });
  reader.read(readFileSync(file));
  if (isWhole) reader.end();
  return { frames: reader.frames, drops };
}

interface Capturing extends Partial<CaptureSettings> {
  readonly maxWaiting?: number;
  /** Bytes that the disk takes of each write; an error: it takes none. */
  readonly disk?: (length: number) => number | Error;
}

function capturing({ maxWaiting, disk, ...settings }: Capturing = {}) {
  const folder = scratchFolder("capture");
  const file = join(folder, "lab.pcapng");
  const hub = new TrafficHub();
  const reports: string[] = [];
  const clock = { now: 0 };
  const capture = new TrafficCapture(
    { file, maxFileSize: 100_000_000, maxFileTime: Number.POSITIVE_INFINITY, files: 10, ...settings },
    {
      hub,
      application: "test",
      hasDatagrams: () => false,
      report: (problem) => void reports.push(problem),
      clock: () => clock.now,
      ...(maxWaiting !== undefined && { maxWaiting }),
      ...(disk && { write: writeTo(disk) }),
    },
  );
  onTestFinished(() => capture.close());
  const send = (service: string, bytes: Uint8Array, id = `${service}#1`) => {
    const traffic = hub.service(service);
    if (!traffic.sample("bytes")) return false;
    traffic.emit({ kind: "bytes", conversation: { ...conversation, service, id }, direction: "in", bytes });
    return true;
  };
  return { folder, file, hub, capture, reports, clock, send };
}

const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });

function writeTo(disk: (length: number) => number | Error): TrafficCaptureOptions["write"] {
  return (fd, bytes, done) => {
    const taken = disk(bytes.length);
    if (typeof taken === "number") writeSync(fd, bytes, 0, taken);
    setImmediate(() => (typeof taken === "number" ? done(null, taken) : done(taken, 0)));
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("every event is in the file, however many there are, and before the first refill", async () => {
  const { file, capture, send } = capturing();
  for (let count = 0; count < 20_000; count++) expect(send("echo", Uint8Array.of(count & 255))).toBe(true);
  await capture.close();
  expect(read(file)).toEqual({ frames: 20_000, drops: 0 });
  expect(capture.counts).toEqual({ received: 20_000, dropped: 0 });
});

test("only the services that are asked for", async () => {
  const { file, capture, send } = capturing({ services: ["echo"] });
  expect([send("echo", Uint8Array.of(1)), send("mqtt", Uint8Array.of(1))]).toEqual([true, false]);
  await capture.close();
  expect(read(file).frames).toBe(1);
});

test("a full file is followed by another one, in which the connection goes on", async () => {
  const { folder, file, capture, send } = capturing({ maxFileSize: 100_000, files: 20 });
  for (let count = 0; count < 300; count++) {
    send("echo", Buffer.alloc(1000, count));
    // As a service does, whose events come over many turns: the files before are written meanwhile.
    if (count % 50 === 49) await turn();
  }
  await capture.close();
  const names = readdirSync(folder).toSorted();
  expect(names.length).toBeGreaterThan(1);
  const reports = names.map((name) => analyseFile(readFileSync(join(folder, name))));
  const bytes = reports.map(({ conversations }) => conversations[0]?.conversation.counts.client.bytes ?? 0);
  expect(bytes.reduce((sum, count) => sum + count, 0)).toBe(300_000);
  expect(names.every((name) => read(join(folder, name)).drops === 0)).toBe(true);
  const odd = odditiesOf(analyseFile(readFileSync(file))).filter((text) => !text.startsWith("unanswered"));
  expect(odd).toEqual(["begins-in-the-middle 1"]);
});

test("while a file is not yet written, the next one takes what comes, and there is no third", async () => {
  const { folder, capture, send } = capturing({ maxFileSize: 100_000 });
  // In one turn, in which nothing is written.
  for (let count = 0; count < 500; count++) send("echo", Buffer.alloc(1000, count));
  await capture.close();
  expect(readdirSync(folder).toSorted()).toEqual(["lab.1.pcapng", "lab.pcapng"]);
  expect(capture.counts.dropped).toBe(0);
});

test("an old file is followed by another one with the next packet, and its age is that of its first one", async () => {
  const { folder, capture, clock, send } = capturing({ maxFileTime: 60_000 });
  clock.now = 100_000;
  send("echo", Uint8Array.of(1));
  clock.now = 159_000;
  send("echo", Uint8Array.of(2));
  clock.now = 160_000;
  expect(readdirSync(folder)).toEqual(["lab.pcapng"]);
  send("echo", Uint8Array.of(3));
  await capture.close();
  expect(readdirSync(folder).toSorted()).toEqual(["lab.1.pcapng", "lab.pcapng"]);
  expect(read(join(folder, "lab.1.pcapng"))).toEqual({ frames: 2, drops: 0 });
});

test("what a slow disk has no room for is left out whole, counted, and told before what comes after it", async () => {
  const { file, capture, send } = capturing({ maxWaiting: 10_000 });
  for (let count = 0; count < 30; count++) send("echo", Buffer.alloc(1000));
  expect(capture.problems()[0]).toMatchObject({ code: "capture", values: { file } });
  expect(capture.problems()[0]?.text).toMatch(
    /: the disk is too slow; \d+ packets have been left out so far$/,
  );
  await until(() => capture.problems().length === 0);
  send("echo", Uint8Array.of(1));
  // Before the file has ended, and its last statistics are written.
  await until(() => read(file, false).drops > 0);
  await capture.close();
  const { frames, drops } = read(file);
  expect(frames).toBeGreaterThan(5);
  expect(frames + drops).toBe(31);
  expect(capture.counts).toEqual({ received: 31, dropped: drops });
});

test("a full disk is waited for, and nothing that fits into memory is lost", async () => {
  let room = 5000;
  const { file, capture, reports, send } = capturing({
    disk: (length) => {
      const taken = Math.min(length, room);
      room -= taken;
      return taken > 0 ? taken : full;
    },
  });
  for (let count = 0; count < 30; count++) send("echo", Buffer.alloc(1000));
  await until(() => capture.problems().length > 0);
  expect(reports).toEqual([
    `Cannot write the capture to ${file}: ENOSPC: no space left on device, write. Service goes on; packets that are left out are counted`,
  ]);
  expect(() => capture.endFile()).toThrow("ENOSPC");
  room = 1_000_000;
  await until(() => capture.problems().length === 0);
  await capture.close();
  expect(read(file)).toEqual({ frames: 30, drops: 0 });
});

test("what is still waiting for a full disk at the end is counted, and no block in the file is cut", async () => {
  let room = 5000;
  const { file, capture, send } = capturing({
    disk: (length) => {
      const taken = Math.min(length, room);
      room -= taken;
      return taken > 0 ? taken : full;
    },
  });
  for (let count = 0; count < 30; count++) send("echo", Buffer.alloc(1000));
  await until(() => capture.problems().length > 0);
  for (let count = 0; count < 10; count++) send("echo", Buffer.alloc(1000));
  await capture.close();
  const { frames } = read(file);
  expect(frames).toBeGreaterThan(2);
  expect(capture.counts).toEqual({ received: 40, dropped: 40 - frames });
});

test("files that follow each other quickly are all written to their ends", async () => {
  const { folder, capture, send } = capturing();
  for (let count = 0; count < 5; count++) {
    for (let event = 0; event < 100; event++) send("echo", Buffer.alloc(10_000));
    capture.endFile();
  }
  await capture.close();
  const frames = readdirSync(folder).map((name) => read(join(folder, name)).frames);
  expect(frames).toHaveLength(5);
  const bytes = readdirSync(folder).map(
    (name) =>
      analyseFile(readFileSync(join(folder, name))).conversations[0]?.conversation.counts.client.bytes,
  );
  expect(bytes).toEqual(Array<number>(5).fill(1_000_000));
});

test("where no other file can be opened, it goes on in this one, and says so once a minute", async () => {
  const { folder, file, capture, reports, clock, send } = capturing({ maxFileTime: 1000, files: 2 });
  send("echo", Uint8Array.of(1));
  mkdirSync(join(folder, "lab.1.pcapng"));
  for (let second = 2; second < 40; second++) {
    clock.now = second * 1000;
    send("echo", Uint8Array.of(second));
  }
  expect(reports).toHaveLength(1);
  expect(reports[0]).toStartWith(`Cannot begin another file for the capture ${file}: `);
  clock.now = 70_000;
  send("echo", Uint8Array.of(70));
  expect(reports).toHaveLength(2);
  await capture.close();
  expect(read(file).frames).toBe(40);
});

test("where the first file cannot be opened any more, packets are counted until it can", async () => {
  const { folder, file, capture, reports, clock, send } = capturing();
  rmSync(folder, { recursive: true });
  send("echo", Uint8Array.of(1));
  send("echo", Uint8Array.of(2));
  expect(reports).toHaveLength(1);
  mkdirSync(folder);
  clock.now = 1000;
  send("echo", Uint8Array.of(3));
  await capture.close();
  expect(read(file)).toEqual({ frames: 1, drops: 2 });
  expect(capture.counts).toEqual({ received: 3, dropped: 2 });
});

test("there is no file before the first packet, and the one of before has its name until then", async () => {
  const { folder, file, capture, send } = capturing();
  await capture.close();
  expect(readdirSync(folder)).toEqual([]);
  const another = capturing();
  another.send("echo", Uint8Array.of(1));
  await another.capture.close();
  expect(send("echo", Uint8Array.of(1))).toBe(false);
  expect(existsSync(file)).toBe(false);
});

test("other limits are taken while it goes on, another file or other services are not", async () => {
  const { folder, file, capture, send } = capturing();
  const { settings } = capture;
  expect(capture.reconfigure({ ...settings, file: `${file}2` })).toBe(false);
  expect(capture.reconfigure({ ...settings, services: ["echo"] })).toBe(false);
  send("echo", Buffer.alloc(200_000));
  await turn();
  expect(capture.reconfigure({ ...settings, maxFileSize: 100_000 })).toBe(true);
  send("echo", Uint8Array.of(2));
  await capture.close();
  expect(readdirSync(folder).toSorted()).toEqual(["lab.1.pcapng", "lab.pcapng"]);
});

test("nothing is observed any more once it is closed", async () => {
  const { capture, hub } = capturing();
  expect(hub.ratesFor("echo").bytes).toBe(Number.POSITIVE_INFINITY);
  await capture.close();
  expect(hub.service("echo").sample("bytes")).toBe(false);
});

test("a file that cannot be opened is an error of whoever asks", () => {
  expect(() => capturing({ file: "/nowhere/lab.pcapng" })).toThrow("ENOENT");
});

test("an empty file that cannot be removed is said, and the capture ends all the same", async () => {
  const { file, hub, capture, reports } = capturing();
  hub.relaySampledOut("echo", "bytes", 1);
  // Somebody has put a folder in its place.
  rmSync(file);
  mkdirSync(file);
  await capture.close();
  expect(reports).toEqual([
    expect.stringContaining(`Cannot remove the capture ${file}, which has no packet`),
  ]);
});
