import { expect, onTestFinished, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Conversation } from "../../src/core/traffic.ts";
import { type CaptureSettings, TrafficCapture } from "../../src/observe/traffic-capture.ts";
import { TrafficHub } from "../../src/observe/traffic-hub.ts";
import { CaptureReader } from "../../src/protocol/capture/capture-reader.ts";
import { analyseFile, odditiesOf } from "../support/analyse.ts";
import { scratchFolder } from "../support/scratch.ts";

const conversation: Conversation = {
  id: "echo#1",
  service: "echo",
  transport: "tcp",
  local: "127.0.0.1:2222",
  remote: "127.0.0.1:40000",
};

/** Packets of a whole file, and those that are not in it. */
function read(file: string): { frames: number; drops: number } {
  let drops = 0;
  const reader = new CaptureReader({
    frame: () => {},
    drops: (count) => {
      drops += count;
    },
  });
  reader.read(readFileSync(file));
  reader.end();
  return { frames: reader.frames, drops };
}

function capturing(settings: Partial<CaptureSettings> = {}, maxWaiting?: number) {
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
    if (count % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
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

test("an old file is followed by another one, unless it is empty", async () => {
  const { folder, capture, clock, send } = capturing({ maxFileTime: 60_000 });
  clock.now = 61_000;
  capture.tick();
  send("echo", Uint8Array.of(1));
  expect(readdirSync(folder)).toEqual(["lab.pcapng"]);
  capture.tick();
  send("echo", Uint8Array.of(2));
  clock.now = 100_000;
  capture.tick();
  await capture.close();
  expect(readdirSync(folder).toSorted()).toEqual(["lab.1.pcapng", "lab.pcapng"]);
  expect(read(join(folder, "lab.1.pcapng"))).toEqual({ frames: 1, drops: 0 });
});

test("what a slow disk has no room for is left out whole, counted, and told while it goes on", async () => {
  const { file, capture, send } = capturing({}, 10_000);
  for (let count = 0; count < 30; count++) send("echo", Buffer.alloc(1000));
  expect(capture.problems()[0]).toMatchObject({ code: "capture", values: { file } });
  expect(capture.problems()[0]?.text).toMatch(/: nobody reads it; \d+ packets have been left out so far$/);
  await capture.close();
  const { frames, drops } = read(file);
  expect(frames).toBeGreaterThan(5);
  expect(frames + drops).toBe(30);
});

test("where no other file can be opened, it goes on in this one, and says so once a minute", async () => {
  const { folder, file, capture, reports, clock, send } = capturing({ maxFileTime: 1000, files: 2 });
  mkdirSync(join(folder, "lab.1.pcapng"));
  for (let second = 2; second < 40; second++) {
    clock.now = second * 1000;
    send("echo", Uint8Array.of(second));
    capture.tick();
  }
  expect(reports).toHaveLength(1);
  expect(reports[0]).toStartWith(`Cannot begin another file for the capture, so it goes on in ${file}: `);
  clock.now = 70_000;
  capture.tick();
  expect(reports).toHaveLength(2);
  await capture.close();
  expect(read(file).frames).toBe(38);
});

test("a file without packets goes where it is of no use", async () => {
  const kept = capturing();
  await kept.capture.close();
  expect(read(kept.file)).toEqual({ frames: 0, drops: 0 });
  const gone = capturing();
  await gone.capture.close(false);
  expect(existsSync(gone.file)).toBe(false);
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
