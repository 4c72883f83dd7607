import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { describeError } from "../../core/errors.ts";
import { labPorts } from "../../core/ports.ts";
import type { TcpClient } from "../../net/tcp-client.ts";
import { type CommandContext, defaultTimeout } from "../program/command-context.ts";
import { PeerError, TimedOutError, UsageError } from "../program/errors.ts";
import { type Peer, peerName } from "../program/peer.ts";
import { crowd } from "../program/run-clients.ts";
import { repeated, type Schedule } from "../program/schedule.ts";
import { formatDuration, interruptible } from "../program/timeout.ts";
import { type Progress, progressLine } from "../terminal/progress-bar.ts";
import { formatRate, formatSize } from "../terminal/units.ts";
import { connected } from "./exchange.ts";
import { rounded } from "./send-messages.ts";

const blockSize = 256 * 1024;
/** Milliseconds that a server has, once everything is back, to say something that nobody sent it. */
const tooMuchPatience = 250;

interface OpenFile {
  readonly name: string;
  readonly size: number;
  readonly handle: FileHandle;
}

/**
 * Sends a file through a transparent echo server and compares what comes back while it comes: in bounded
 * memory, whatever the size, with the place of the first difference.
 * @throws {PeerError} when it comes back changed, or not whole
 */
export async function sendFile(
  context: CommandContext,
  peer: Peer,
  path: string,
  plan: Schedule & { readonly clients: number },
): Promise<void> {
  const file = await openFile(path);
  const send = (client?: number, back?: () => void) =>
    repeated(plan, context.signal, async (round) => {
      await roundTrip(context, peer, file, { client, round });
      back?.();
    });
  try {
    if (plan.clients === 1) return await send();
    await crowd(context, plan.clients, async (client, log, since) => {
      log.connected = since(); // the first of its connections: each round has its own
      await send(client, () => {
        log.lastAnswer = since();
        log.firstAnswer ??= log.lastAnswer;
        log.answers++;
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
  const progress =
    turn.client === undefined
      ? progressLine(context, file.name, file.size)
      : { at: () => {}, clear: () => {} };
  const start = performance.now();
  try {
    await connected(context, peer, (client) =>
      // No limit for the whole: a large file takes its time. The limit is on silence.
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
    ms: rounded(ms),
  });
}

async function write(client: TcpClient, file: OpenFile): Promise<void> {
  const block = new Uint8Array(blockSize);
  for (let sent = 0; sent < file.size; ) {
    const { bytesRead } = await file.handle.read(block, 0, Math.min(blockSize, file.size - sent), sent);
    if (bytesRead === 0) throw new UsageError(`${file.name} became shorter while it was sent`);
    await client.write(block.subarray(0, bytesRead)); // it is in the kernel now: the block may be used again
    sent += bytesRead;
  }
}

async function compare(
  context: CommandContext,
  client: TcpClient,
  peer: Peer,
  file: OpenFile,
  progress: Progress,
): Promise<void> {
  let received = 0;
  while (received < file.size) {
    const bytes = await nextBytes(context, client, peer, received, file.size);
    await compareAt(file, received, bytes, peer);
    received += bytes.length;
    progress.at(received);
  }
  client.finishWriting();
  const more = await client.read(tooMuchPatience);
  if (more.kind === "bytes") throw tooMuch(peer, file, more.bytes.length);
}

async function nextBytes(
  context: CommandContext,
  client: TcpClient,
  peer: Peer,
  received: number,
  size: number,
): Promise<Uint8Array> {
  const patience = context.timeout ?? defaultTimeout;
  const next = await client.read(patience);
  if (next.kind === "bytes") return next.bytes;
  const soFar = `after ${received} of ${size} bytes had come back`;
  if (next.kind === "end") {
    throw new PeerError("cut-short", `${peerName(peer)} closed the connection ${soFar}`);
  }
  const silence = `${peerName(peer)} was silent for ${formatDuration(patience)} ${soFar}`;
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
    throw tooMuch(peer, file, bytes.length - bytesRead);
  }
  const place = offset + bytes.findIndex((byte, index) => byte !== expected[index]);
  throw new PeerError(
    "different",
    `${file.name} came back from ${peerName(peer)} changed at byte ${place}${hint(offset, bytes)}`,
  );
}

const tooMuch = (peer: Peer, file: OpenFile, bytes: number): PeerError =>
  new PeerError(
    "different",
    `${peerName(peer)} sent ${formatSize(bytes)} or more behind ${file.name} that nobody sent it`,
  );

/** An echo that answers in words cannot carry a file. */
function hint(offset: number, bytes: Uint8Array): string {
  if (offset > 0 || !new TextDecoder().decode(bytes.subarray(0, 6)).startsWith("Echo: ")) return "";
  return `: it puts "Echo: " before what it sends back. The lab's transparent echo listens on port ${labPorts["file-echo"]}`;
}
