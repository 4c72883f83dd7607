import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { pictureOf } from "../../../src/dashboard/capture/picture.ts";
import { readCaptureFile, UnreadableCapture } from "../../../src/dashboard/capture/read-file.ts";
import { CaptureAnalysis } from "../../../src/protocol/analysis/analysis.ts";
import { labServices } from "../../../src/protocol/analysis/service-ports.ts";

const lab = readFileSync(join(import.meta.dir, "../../captures/lab.pcap"));

function read(file: Blob, limit?: number) {
  const progress: number[] = [];
  const analysis = new CaptureAnalysis({ services: labServices });
  const options = {
    onProgress: (bytes: number) => progress.push(bytes),
    ...(limit !== undefined && { limit }),
  };
  return { progress, report: readCaptureFile(file, analysis, options) };
}

async function problemOf(file: Blob, limit?: number) {
  const error = await read(file, limit).report.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof UnreadableCapture)) throw new Error("It was read", { cause: error });
  return error.problem;
}

/** A file that comes in pieces of these sizes, over and over, and breaks off with an error if there is one. */
function inPieces(bytes: Uint8Array, size: number, error?: Error) {
  let at = 0;
  const stream = () =>
    new ReadableStream<Uint8Array>({
      pull(out) {
        at += size;
        if (at - size < bytes.length) out.enqueue(bytes.slice(at - size, at));
        else if (error === undefined) out.close();
        else out.error(error);
      },
    });
  const blob = new Blob([bytes]);
  return Object.assign(blob, { stream }) as unknown as Blob;
}

describe("a capture file in the browser", () => {
  test("is read whole, and says how far it has come", async () => {
    const { report, progress } = read(new Blob([lab]));
    expect((await report).packets).toBe(204);
    expect(progress.at(-1)).toBe(lab.length);
  });

  test("may come in pieces that end anywhere", async () => {
    const { report, progress } = read(inPieces(lab, 7));
    expect((await report).conversations).toHaveLength(18);
    expect(progress.slice(0, 3)).toEqual([7, 14, 21]);
  });

  test("may be packed by gzip; the progress is that of the file", async () => {
    const packed = Bun.gzipSync(lab);
    const { report, progress } = read(new Blob([packed]));
    expect((await report).packets).toBe(204);
    expect(progress.at(-1)).toBe(packed.length);
  });

  test("that is packed by zstd is read where the browser knows it, and named where it does not", async () => {
    const packed = new Blob([zstdCompressSync(lab)]);
    expect((await read(packed).report).packets).toBe(204);
    const { DecompressionStream } = globalThis;
    try {
      globalThis.DecompressionStream = class {
        constructor(format: string) {
          throw new TypeError(`Unsupported compression format: '${format}'`);
        }
      } as unknown as typeof DecompressionStream;
      expect(await problemOf(packed)).toEqual({ code: "packed", by: "zstd" });
    } finally {
      globalThis.DecompressionStream = DecompressionStream;
    }
  });

  test("that is none is refused, with how it begins", async () => {
    expect(await problemOf(new Blob(["<script>alert(1)</script>"]))).toEqual({
      code: "no-capture",
      start: "3c736372",
    });
    expect(await problemOf(new Blob([]))).toEqual({ code: "empty" });
    expect(await problemOf(new Blob([lab.subarray(0, 3)]))).toMatchObject({ code: "no-capture" });
  });

  test("that unpacks to more than the limit is refused", async () => {
    expect(await problemOf(new Blob([Bun.gzipSync(lab)]), 10_000)).toEqual({
      code: "too-large",
      limit: 10_000,
    });
  });

  test("that is cut off is shown up to there, with the byte", async () => {
    const report = await read(new Blob([lab.subarray(0, 1000)])).report;
    const { damage, packets, findings } = pictureOf(report);
    expect(packets).toBe(10);
    expect(damage?.offset).toBeGreaterThan(900);
    expect(damage?.offset).toBeLessThan(1000);
    expect(findings.map(({ code }) => code)).not.toContain("damaged-capture");
  });

  test("whose compression breaks off, or whose disk fails, is shown up to there", async () => {
    const packed = Bun.gzipSync(lab);
    const cut = pictureOf(await read(new Blob([packed.subarray(0, packed.length - 2000)])).report);
    expect(cut.damage).toBeDefined();
    const failed = pictureOf(await read(inPieces(lab.subarray(0, 5000), 1000, new Error("disk"))).report);
    expect(failed.packets).toBeGreaterThan(20);
    expect(failed.damage).toMatchObject({ reason: "disk", offset: undefined });
    expect(await problemOf(inPieces(lab.subarray(0, 0), 1, new Error("gone")))).toEqual({ code: "empty" });
  });
});
