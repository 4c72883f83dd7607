import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type Duplex, pipeline, Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { describeError } from "../../core/errors.ts";
import { UsageError } from "../program/errors.ts";

/**
 * The bytes of a capture file, or of the standard input for `-`, unpacked where they are packed by gzip or zstd.
 * @throws {UsageError} when there is no such file
 */
export async function openCapture(
  path: string,
  stdin: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<Uint8Array>> {
  return unpacked(path === "-" ? stdin : await openFile(path));
}

async function openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) throw new Error("it is a folder");
    return createReadStream(path, { highWaterMark: 256 * 1024 });
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new UsageError(
      `Cannot read ${path}: ${isMissing ? "there is no such file" : describeError(error)}`,
    );
  }
}

/** So many bytes tell how a file is packed. */
const magicLength = 4;

async function unpacked(bytes: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const chunks = bytes[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < magicLength) {
    const next = await chunks.next();
    if (next.done) break;
    first.push(next.value);
    length += next.value.length;
  }
  const start = Buffer.concat(first);
  const all = startingWith(start, chunks);
  if (start[0] === 0x1f && start[1] === 0x8b) return through(all, createGunzip());
  const isZstd = length >= magicLength && start.readUInt32LE(0) === 0xfd2fb528;
  return isZstd ? through(all, createZstdDecompress()) : all;
}

/** An error of the source becomes one of what is read. */
function through(bytes: AsyncIterable<Uint8Array>, unpacker: Duplex): AsyncIterable<Uint8Array> {
  return pipeline(Readable.from(bytes), unpacker, () => {});
}

async function* startingWith(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
