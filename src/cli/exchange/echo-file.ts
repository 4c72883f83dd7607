import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { describeError } from "../../core/errors.ts";
import { labPorts } from "../../core/ports.ts";
import type { TcpClient } from "../../net/tcp/client.ts";
import { formatDuration, formatRate, formatSize, roundMs } from "../../protocol/text/units.ts";
import { type CommandContext, defaultTimeout } from "../program/command-context.ts";
import { PeerError, TimedOutError, UsageError } from "../program/errors.ts";
import { type Peer, peerName, withTcp } from "../program/peer.ts";
import { runClients } from "../program/run-clients.ts";
import { repeated, type Schedule } from "../program/schedule.ts";
import { interruptible } from "../program/timeout.ts";
import { noProgressBar, type ProgressBar, progressBar } from "../terminal/progress-bar.ts";

const blockSize = 256 * 1024;
/** Milliseconds to wait, once everything is back, for bytes that should not come. */
const surplusTimeout = 250;

interface OpenFile {
  readonly name: string;
  readonly size: number;
  readonly handle: FileHandle;
}

/**
 * Sends a file through a transparent echo server and compares the bytes as they come back, in bounded memory.
 * @throws {PeerError} when the file comes back changed (with the place of the first difference) or not whole
 */
export async function sendFile(
  context: CommandContext,
  peer: Peer,
  path: string,
  schedule: Schedule & { readonly clients: number },
): Promise<void> {
  const file = await openFile(path);
  const send = (client?: number, onReturned?: () => void) =>
    repeated(schedule, context, async (round) => {
      await roundTrip(context, peer, file, { client, round });
      onReturned?.();
    });
  try {
    if (schedule.clients === 1) return await send();
    await runClients(context, schedule.clients, async (client, times, elapsed) => {
      times.connected = elapsed(); // the first of its connections: each round has its own
      await send(client, () => {
        times.lastAnswer = elapsed();
        times.firstAnswer ??= times.lastAnswer;
        times.answers++;
      });
    });
  } finally {
    await file.handle.close();
  }
}

async function openFile(path: string): Promise<OpenFile> {
  try {
    const handle = await open(path, "r");
    const stat = await handle.stat();
    if (stat.isFile()) return { name: basename(path), size: stat.size, handle };
    await handle.close();
  } catch (error) {
    throw new UsageError(`Cannot send --file ${path}: ${describeError(error)}`, { cause: error });
  }
  throw new UsageError(`Cannot send --file ${path}: it is not a regular file`);
}

async function roundTrip(
  context: CommandContext,
  peer: Peer,
  file: OpenFile,
  turn: { client: number | undefined; round: number },
): Promise<void> {
  const progress = turn.client === undefined ? progressOf(context, file) : noProgressBar;
  const start = performance.now();
  try {
    await withTcp(context, peer, (client) =>
      // The whole has no time limit, because a large file takes long. Silence has one.
      interruptible(context.signal, () =>
        Promise.all([write(client, file), compare(context, client, peer, file, progress)]),
      ),
    );
  } finally {
    progress.clear();
  }
  const ms = performance.now() - start;
  const speed = `${formatDuration(ms)}, ${formatRate(file.size, ms)} each way`;
  const who = turn.client === undefined ? "" : `client ${turn.client}: `;
  const text = context.quiet
    ? `${file.size}`
    : `${who}${file.name}: ${file.size} bytes sent and received, identical (${speed})`;
  context.result(text, {
    ...turn,
    file: file.name,
    bytes: file.size,
    identical: true,
    ms: roundMs(ms),
  });
}

function progressOf(context: CommandContext, { name, size }: OpenFile): ProgressBar {
  const { stderr } = context.io;
  const isShown = stderr.isTerminal && !context.quiet && !context.json;
  return isShown ? progressBar(stderr, context.noteStyle, name, size) : noProgressBar;
}

async function write(client: TcpClient, file: OpenFile): Promise<void> {
  const block = new Uint8Array(blockSize);
  for (let sent = 0; sent < file.size; ) {
    const { bytesRead } = await file.handle.read(block, 0, Math.min(blockSize, file.size - sent), sent);
    if (bytesRead === 0) throw new UsageError(`${file.name} became shorter while it was sent`);
    await client.write(block.subarray(0, bytesRead)); // now in the kernel: the block can be used again
    sent += bytesRead;
  }
}

async function compare(
  context: CommandContext,
  client: TcpClient,
  peer: Peer,
  file: OpenFile,
  progress: ProgressBar,
): Promise<void> {
  let received = 0;
  while (received < file.size) {
    const bytes = await nextBytes(context, client, peer, received, file.size);
    await compareAt(file, received, bytes, peer);
    received += bytes.length;
    progress.update(received);
  }
  client.finishWriting();
  const more = await client.read(surplusTimeout);
  if (more.kind === "bytes") throw surplus(peer, file, more.bytes.length);
}

async function nextBytes(
  context: CommandContext,
  client: TcpClient,
  peer: Peer,
  received: number,
  size: number,
): Promise<Uint8Array> {
  const timeout = context.timeout ?? defaultTimeout;
  const next = await client.read(timeout);
  if (next.kind === "bytes") return next.bytes;
  const soFar = `after ${received} of ${size} bytes had come back`;
  if (next.kind === "end") {
    throw new PeerError("cut-short", `${peerName(peer)} closed the connection ${soFar}`);
  }
  const silence = `${peerName(peer)} was silent for ${formatDuration(timeout)} ${soFar}`;
  throw new TimedOutError(`${silence}; --timeout sets another limit`);
}

async function compareAt(file: OpenFile, offset: number, bytes: Uint8Array, peer: Peer): Promise<void> {
  const expected = new Uint8Array(bytes.length);
  const { bytesRead } = await file.handle.read(expected, 0, bytes.length, offset);
  const same = Buffer.compare(expected.subarray(0, bytesRead), bytes) === 0;
  if (same) return;
  if (
    bytes.length > bytesRead &&
    Buffer.compare(expected.subarray(0, bytesRead), bytes.subarray(0, bytesRead)) === 0
  ) {
    throw surplus(peer, file, bytes.length - bytesRead);
  }
  const place = offset + bytes.findIndex((byte, index) => byte !== expected[index]);
  throw new PeerError(
    "different",
    `${file.name} came back from ${peerName(peer)} changed at byte ${place}${hint(offset, bytes)}`,
  );
}

const surplus = (peer: Peer, file: OpenFile, bytes: number): PeerError =>
  new PeerError(
    "different",
    `${peerName(peer)} sent ${formatSize(bytes)} or more behind ${file.name} that nobody sent it`,
  );

/** An echo server that adds a prefix cannot return a file unchanged. */
function hint(offset: number, bytes: Uint8Array): string {
  if (offset > 0 || !new TextDecoder().decode(bytes.subarray(0, 6)).startsWith("Echo: ")) return "";
  return `: it puts "Echo: " before what it sends back. The lab's transparent echo listens on port ${labPorts["file-echo"]}`;
}
