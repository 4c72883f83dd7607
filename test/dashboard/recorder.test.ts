import { afterEach, describe, expect, test } from "bun:test";
import { ApiError } from "../../src/dashboard/page/api/client.ts";
import { GrowingBlob } from "../../src/dashboard/page/state/growing-blob.ts";
import {
  type EndedRecording,
  fileName,
  Recorder,
  type RecordingEnd,
} from "../../src/dashboard/page/state/recorder.ts";
import { language } from "../../src/dashboard/page/text/language.ts";
import { endedWords, progressWords } from "../../src/dashboard/page/wire/recording-words.ts";
import { CaptureReader } from "../../src/protocol/capture/capture-reader.ts";
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  sectionHeader,
} from "../../src/protocol/capture/pcapng-writer.ts";
import { until } from "../support/until.ts";

const at = { seconds: 1_700_000_000, nanoseconds: 0 };
const begin = Buffer.concat([
  sectionHeader("distsrv"),
  interfaceDescription({ linkType: 101, name: "echo", snapLength: 0 }),
]);
const packet = (text: string) =>
  enhancedPacket({ interface: 0, ...at, bytes: Buffer.from(text), originalLength: text.length });
const lost = (dropped: number) => interfaceStatistics(0, at, { received: 9, dropped });

const startedAt = new Date(2026, 10, 28, 8, 15, 59).getTime();
const name = "lab-2026-11-28T08-15.pcapng";

interface Recording {
  readonly maxBytes?: number;
  readonly refusal?: Error;
  /** What the server does when it is asked for the end; absent: it cannot be asked. */
  readonly askForEnd?: () => Promise<unknown>;
  readonly endTimeout?: number;
}

/** A recorder whose server is the test. */
function recording(options: Recording = {}) {
  const asked: { path: string; signal: AbortSignal }[] = [];
  const saved: { name: string; blob: Blob }[] = [];
  const streams: ReadableStreamDefaultController<Uint8Array>[] = [];
  const clock = { now: startedAt };
  const recorder = new Recorder({
    open: async (path, signal) => {
      asked.push({ path, signal });
      if (options.refusal !== undefined) throw options.refusal;
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          streams.push(controller);
          signal.addEventListener("abort", () => controller.error(signal.reason));
        },
      });
      return { body, askForEnd: options.askForEnd };
    },
    save: (file, blob) => void saved.push({ name: file, blob }),
    now: () => clock.now,
    ...(options.maxBytes !== undefined && { maxBytes: options.maxBytes }),
    ...(options.endTimeout !== undefined && { endTimeout: options.endTimeout }),
  });
  /** The server sends these; until the recorder has them, or has ended. */
  const send = async (...chunks: readonly Uint8Array[]) => {
    const stream = streams.at(-1)!;
    for (const chunk of chunks) stream.enqueue(chunk);
    // What the recorder has taken it counts before the next turn. A stream that has ended wants nothing.
    await new Promise((resolve) => setImmediate(resolve));
    await until(() => stream.desiredSize === 1 || stream.desiredSize === null);
  };
  return { recorder, asked, saved, streams, clock, send };
}

function endOf(recorder: Recorder): EndedRecording {
  const state = recorder.state.get();
  if (state.kind !== "ended") throw new Error(`The recording is ${state.kind}`);
  return state;
}

/** The texts of a file's packets. @throws {CaptureError} when it is not whole */
async function packetsOf(blob: Blob | undefined): Promise<string[]> {
  const found: string[] = [];
  const reader = new CaptureReader({ frame: ({ bytes }) => void found.push(bytes.toString()) });
  reader.read(await blob!.bytes());
  reader.end();
  return found;
}

test("a recording that the server ends is kept whole, and saved when it is asked for", async () => {
  const { recorder, asked, saved, streams, clock, send } = recording();
  expect(recorder.hasUnsaved).toBe(false);
  const whenEnded = recorder.start(undefined);
  expect(recorder.state.get()).toEqual({ kind: "running", services: undefined, startedAt });
  expect(recorder.hasUnsaved).toBe(true);
  const file = Buffer.concat([begin, packet("one"), lost(2), packet("two"), lost(5)]);
  await send(file.subarray(0, begin.length + 9), file.subarray(begin.length + 9));
  clock.now += 12_000;
  expect(recorder.progress).toEqual({ packets: 2, dropped: 5, bytes: file.length, seconds: 12 });
  streams[0]!.close();
  await whenEnded;
  expect(asked[0]!.path).toBe("/api/record");
  expect(recorder.progress).toBeUndefined();
  expect(endOf(recorder)).toMatchObject({
    end: { kind: "server" },
    packets: 2,
    dropped: 5,
    seconds: 12,
    isSaved: false,
  });
  expect(saved).toEqual([]);
  expect(recorder.hasUnsaved).toBe(true);
  recorder.save();
  recorder.save();
  expect(saved.map((one) => one.name)).toEqual([name, name]);
  expect(Buffer.from(await saved[0]!.blob.bytes())).toEqual(file);
  expect(recorder.hasUnsaved).toBe(false);
  recorder.forget();
  expect(recorder.state.get()).toEqual({ kind: "none" });
});

test("one that is stopped in the middle of a block is saved up to the end of the one before", async () => {
  const { recorder, asked, saved, send } = recording();
  const whenEnded = recorder.start(["mqtt", "echo"]);
  await send(begin, packet("one"), packet("two").subarray(0, 30));
  recorder.stop();
  recorder.stop();
  await whenEnded;
  expect(asked[0]!.path).toBe("/api/record?service=mqtt%2Cecho");
  expect(asked[0]!.signal.aborted).toBe(true);
  expect(endOf(recorder)).toMatchObject({ end: { kind: "stopped" }, packets: 1, isSaved: true });
  expect(saved.map((one) => one.name)).toEqual([name]);
  expect(await packetsOf(saved[0]!.blob)).toEqual(["one"]);
});

test("a server that can be asked sends the end, with what it has left out until then", async () => {
  const ends: string[] = [];
  const { recorder, saved, streams, send } = recording({
    askForEnd: async () => {
      ends.push("asked");
      streams[0]!.enqueue(lost(7));
      streams[0]!.close();
    },
  });
  const whenEnded = recorder.start(undefined);
  await send(begin, packet("one"));
  recorder.stop();
  expect(recorder.state.get().kind).toBe("running");
  await whenEnded;
  expect(ends).toEqual(["asked"]);
  expect(endOf(recorder)).toMatchObject({ end: { kind: "stopped" }, packets: 1, dropped: 7, isSaved: true });
  expect(await packetsOf(saved[0]!.blob)).toEqual(["one"]);
});

test("one that is asked twice ends at once, and so does one whose server refuses, or says nothing", async () => {
  const never = () => new Promise<never>(() => {});
  const twice = recording({ askForEnd: never });
  const refused = recording({
    askForEnd: async () => Promise.reject(new ApiError(404, "no such recording")),
  });
  const silent = recording({ askForEnd: never, endTimeout: 1 });
  for (const { recorder, saved, send } of [twice, refused, silent]) {
    const whenEnded = recorder.start(undefined);
    await send(begin, packet("one"));
    recorder.stop();
    if (recorder === twice.recorder) recorder.stop();
    await whenEnded;
    expect(endOf(recorder)).toMatchObject({ end: { kind: "stopped" }, packets: 1, isSaved: true });
    expect(saved.length).toBe(1);
  }
});

test("what has come before a connection breaks is kept", async () => {
  const { recorder, saved, streams, send } = recording();
  const whenEnded = recorder.start(undefined);
  await send(begin, packet("one"), packet("two").subarray(0, 8));
  streams[0]!.error(new TypeError("network error"));
  await whenEnded;
  const { end, file, isSaved } = endOf(recorder);
  expect(end).toEqual({ kind: "broken", reason: "network error" });
  expect(await packetsOf(file?.blob)).toEqual(["one"]);
  expect([isSaved, saved, recorder.hasUnsaved]).toEqual([false, [], true]);
});

test("a stream that ends in the middle of a block is one that was cut", async () => {
  const { recorder, streams, send } = recording();
  const whenEnded = recorder.start(undefined);
  await send(begin, packet("one").subarray(0, 12));
  streams[0]!.close();
  await whenEnded;
  expect(endOf(recorder).end).toEqual({ kind: "cut" });
  expect(await packetsOf(endOf(recorder).file?.blob)).toEqual([]);
});

test("at the limit it stops by itself, and keeps what it has", async () => {
  const { recorder, asked, saved, send } = recording({ maxBytes: begin.length + 50 });
  const whenEnded = recorder.start(undefined);
  await send(begin, packet("one"));
  expect(recorder.state.get().kind).toBe("running");
  await send(packet("two"));
  await whenEnded;
  expect(endOf(recorder).end).toEqual({ kind: "full" });
  expect(asked[0]!.signal.aborted).toBe(true);
  expect(await packetsOf(endOf(recorder).file?.blob)).toEqual(["one", "two"]);
  expect(saved).toEqual([]);
});

test("what is no recording ends it, and what came before it is kept", async () => {
  const { recorder, send } = recording();
  const whenEnded = recorder.start(undefined);
  await send(begin, packet("one"));
  await send(Buffer.alloc(16, 0xff));
  await whenEnded;
  expect(endOf(recorder).end.kind).toBe("damaged");
  expect(await packetsOf(endOf(recorder).file?.blob)).toEqual(["one"]);
});

test("a refusal leaves nothing that could be saved or lost", async () => {
  const { recorder, saved } = recording({ refusal: new ApiError(503, "Cannot record: 4 record already") });
  await recorder.start(undefined);
  const { end, file } = endOf(recorder);
  expect(end).toEqual({ kind: "refused", status: 503, reason: "Cannot record: 4 record already" });
  recorder.save();
  expect([file, saved, recorder.hasUnsaved]).toEqual([undefined, [], false]);
});

test("one that is stopped before the server has answered has no file", async () => {
  const { recorder, saved } = recording();
  const whenEnded = recorder.start(undefined);
  recorder.stop();
  await whenEnded;
  expect(endOf(recorder)).toMatchObject({ end: { kind: "stopped" }, file: undefined });
  expect(saved).toEqual([]);
});

test("there is one at a time, and the next one saves what the last one has left", async () => {
  const { recorder, asked, saved, streams, send } = recording();
  const first = recorder.start(undefined);
  await recorder.start(undefined);
  expect(asked.length).toBe(1);
  recorder.forget();
  expect(recorder.state.get().kind).toBe("running");
  await send(begin);
  streams[0]!.close();
  await first;
  const second = recorder.start(["echo"]);
  expect(saved.map((one) => one.name)).toEqual([name]);
  expect(recorder.progress).toMatchObject({ packets: 0, bytes: 0 });
  await send(begin, packet("of the second"));
  recorder.stop();
  await second;
  expect(await packetsOf(saved[1]!.blob)).toEqual(["of the second"]);
});

test("a file is named for the local time", () => {
  expect(fileName(new Date(2026, 0, 2, 3, 4).getTime())).toBe("lab-2026-01-02T03-04.pcapng");
});

test.each([1, 4, 5, 64])("bytes that grow piece by piece of %d are the same in the end", async (length) => {
  const blob = new GrowingBlob(4);
  const bytes = Buffer.from("0123456789abcdefghi");
  for (let from = 0; from < bytes.length; from += length) {
    const part = Buffer.from(bytes.subarray(from, from + length));
    blob.add(part);
    part.fill(0);
    expect(blob.size).toBe(Math.min(from + length, bytes.length));
    expect(await blob.blob().text()).toBe(bytes.toString().slice(0, blob.size));
  }
});

describe("what is said", () => {
  afterEach(() => language.set("en"));
  const ended = (end: RecordingEnd, more: Partial<EndedRecording> = {}): EndedRecording => ({
    ...{ kind: "ended", services: undefined, startedAt, end, isSaved: false },
    ...{ packets: 34, dropped: 0, bytes: 5600, seconds: 12.9, file: { name, blob: new Blob() } },
    ...more,
  });
  const refused = (status: number): RecordingEnd => ({ kind: "refused", status, reason: "Cannot record." });

  test("how far it is", () => {
    const recorded = { packets: 1, dropped: 0, bytes: 96, seconds: 65 };
    expect(progressWords(recorded)).toBe("1 min 5 s · 1 packet · 96 B");
    expect(progressWords({ ...recorded, packets: 1200, dropped: 3 })).toBe(
      "1 min 5 s · 1,200 packets · 96 B · 3 left out",
    );
  });

  test("what happened, and what has become of the file", () => {
    const kept = "It is kept here until you save it or close the window.";
    expect(endedWords(ended({ kind: "stopped" }, { isSaved: true }))).toBe(
      `The recording is stopped. Recorded: 12 s · 34 packets · 5.6 kB. Your browser saves ${name}.`,
    );
    expect(endedWords(ended({ kind: "broken", reason: "network error." }))).toBe(
      `The connection to the server is broken (network error). Recorded: 12 s · 34 packets · 5.6 kB. ${kept}`,
    );
    expect(endedWords(ended({ kind: "full" }))).toContain("stopped by itself at 500 MB");
    expect(endedWords(ended({ kind: "server" }, { packets: 0 }))).toContain("No packet came in that time.");
    const nothing = { file: undefined, packets: 0 };
    expect(endedWords(ended(refused(403), nothing))).toBe(
      "The server does not let you record: that takes the role admin. Nothing was recorded.",
    );
    expect(endedWords(ended(refused(503), nothing))).toContain("one of them has to end first");
    expect(endedWords(ended(refused(400), nothing))).toContain("The server does not record: Cannot record.");
  });

  test("each end has a sentence of its own, in both languages", () => {
    const plain = ["stopped", "full", "server", "cut"] as const;
    const ends: RecordingEnd[] = [
      ...plain.map((kind) => ({ kind })),
      { kind: "broken", reason: "x" },
      { kind: "damaged", reason: "x" },
      ...[401, 403, 503, 400].map(refused),
    ];
    const sentences = (["en", "id"] as const).flatMap((spoken) => {
      language.set(spoken);
      return ends.map((end) => endedWords(ended(end)));
    });
    expect(new Set(sentences).size).toBe(2 * ends.length);
  });
});
