import { existsSync } from "node:fs";
import { late, withDeadline } from "../../core/deadline.ts";
import { describeError } from "../../core/errors.ts";
import { BlockCutter } from "../../protocol/capture/block-cutter.ts";
import { CaptureError } from "../../protocol/capture/capture-error.ts";
import { english } from "../../report/explain/english.ts";
import { adminHeaders, withAdminErrors } from "../admin/client.ts";
import { type AdminStream, openStream } from "../admin/open-stream.ts";
import { type AdminPeer, adminCommand, adminPeer } from "../admin/options.ts";
import { listServices } from "../admin/services.ts";
import { type CaptureOutput, checkOutput, openOutput } from "../capture/capture-output.ts";
import { checkScriptFile, luaHelp, scriptFor, writeScriptFile } from "../capture/script-file.ts";
import { recordedServices } from "../capture/services.ts";
import { wiresharkScript } from "../capture/wireshark-lua.ts";
import { fetchOptions, webUrl } from "../http/client.ts";
import type { CliCommand } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { OutputError, PeerError, UsageError } from "../program/errors.ts";
import { positiveDurationMs, wholeNumber } from "../program/options.ts";
import { peerName } from "../program/peer.ts";

const defaultFile = "lab.pcapng";

/** `distcli record`: what the services of a running distsrv receive and send, as a capture that needs no root. */
export const record: CliCommand = (cli) =>
  adminCommand({
    name: "record",
    summary: "Record what a running distsrv's services receive and send, as packets, without root",
    description:
      "Asks the admin service of a running distsrv for all bytes that its services receive and send from now on, and " +
      "writes them as a pcapng file for distcli explain or Wireshark. The headers of IP, TCP and UDP are made up: no loss and " +
      "no delay of the network is in it. A connection that is open already begins in the middle; of TLS there is what was said in it. " +
      "Passwords of MQTT and credentials of HTTP are asterisks, all other messages are in the file as they are. " +
      "It takes a token with the role admin. Ctrl-C ends it.",
    examples: [
      "distcli record",
      "distcli record 172.16.16.101 -w mqtt.pcapng --service mqtt --seconds 60",
      "distcli record -w lab.pcapng --lua",
      "distcli record -w - --count 100 | distcli explain -",
    ],
  })
    .option(
      "-w, --write <file>",
      `write to this file, or replace this capture; - is the standard output (default: a new ${defaultFile})`,
    )
    .option("--lua", luaHelp)
    .option("--service <names...>", "only these services, with spaces or commas between them")
    .option("--seconds <number>", "stop after so many seconds", seconds)
    .option("--count <number>", "stop after so many packets", wholeNumber(1))
    .action((host, { write, lua, service, seconds: limitMs, count, ...options }) =>
      cli.run(options, async (context) => {
        const peer = adminPeer(cli, host, options, "distcli record 127.0.0.1");
        const path = pathFor(service ?? []);
        const script = lua === true ? scriptFor(write ?? defaultFile) : undefined;
        checkFile(write);
        if (script !== undefined) checkScriptFile(script);
        const stream = await withAdminErrors(peer, () =>
          openStream(context, peer, path, "application/octet-stream", { isEndedByReader: true }),
        );
        try {
          const text = script === undefined ? "" : await scriptOf(context, peer);
          if (script !== undefined) writeScriptFile(script, text);
          // Last, because it replaces the capture that is there.
          const output = openFile(context, write);
          try {
            await new Recording(context, peer, output, count).run(
              stream,
              limitMs,
              write ?? defaultFile,
              script,
            );
          } finally {
            output.close();
          }
        } finally {
          stream.close();
        }
      }),
    );

const seconds = (value: string): number =>
  positiveDurationMs(/^\d+(\.\d+)?$/.test(value) ? `${value}s` : value);

function pathFor(services: readonly string[]): string {
  const names = services.flatMap((text) => text.split(",")).filter((name) => name !== "");
  return names.length === 0 ? "/api/record" : `/api/record?service=${encodeURIComponent(names.join(","))}`;
}

/** The script for Wireshark, of all services that the server has. */
async function scriptOf(context: CommandContext, peer: AdminPeer): Promise<string> {
  return wiresharkScript(recordedServices(await listServices(context, peer)));
}

/** Before anything is asked or written. @throws {UsageError} */
function checkFile(path: string | undefined): void {
  if (path === undefined && existsSync(defaultFile))
    throw new UsageError(`${defaultFile} exists already: -w ${defaultFile} replaces it, -w FILE is another`);
  checkOutput(path);
}

/** Only its owner may read it: messages are in it. @throws {UsageError} */
function openFile(context: CommandContext, path: string | undefined): CaptureOutput {
  const flags = path === undefined ? "wx" : "w";
  return openOutput(path ?? defaultFile, context.io.stdout, { flags, mode: 0o600 });
}

/** How long a server is waited for that was asked to end a recording. */
const endTimeoutMs = 1000;

/** Without a value at the end. */
type NextChunk = Promise<{ readonly value?: Uint8Array | undefined }>;

/** Writes what comes, up to the end of a block. */
class Recording {
  readonly #context: CommandContext;
  readonly #peer: AdminPeer;
  readonly #output: CaptureOutput;
  readonly #cutter: BlockCutter;

  constructor(context: CommandContext, peer: AdminPeer, output: CaptureOutput, limit: number | undefined) {
    this.#context = context;
    this.#peer = peer;
    this.#output = output;
    this.#cutter = new BlockCutter(limit);
  }

  /** @throws {PeerError} when the connection breaks in the middle; what has come until then is a whole file */
  async run(
    stream: AdminStream,
    limitMs: number | undefined,
    file: string,
    script: string | undefined,
  ): Promise<void> {
    this.#context.endByInterrupt();
    this.#context.note(`Recording what ${peerName(this.#peer)} receives and sends; Ctrl-C ends it`);
    const ended = await this.#read(stream, limitMs);
    const { packets, dropped } = this.#cutter;
    const lost = dropped === 0 ? "" : `, ${dropped} left out`;
    const to = file === "-" ? "" : ` in ${file}`;
    const why = ended === "server" ? "; the server ended it" : "";
    const { live } = english;
    const told = [`${live.count(packets)}${to}${lost}${why}`];
    if (file !== "-" && packets > 0) told.push(live.story(file));
    if (script !== undefined) told.push(live.script(file, script));
    this.#context.note(told.join("; "));
  }

  /** @returns who ended it */
  async #read(stream: AdminStream, limitMs: number | undefined): Promise<"server" | "client"> {
    const over = AbortSignal.any([
      this.#context.signal,
      ...(limitMs === undefined ? [] : [AbortSignal.timeout(limitMs)]),
    ]);
    const reader = stream.body.getReader();
    const read = (): NextChunk => reader.read();
    /** What is waited for when the end comes. */
    let next: NextChunk | undefined;
    try {
      while (!over.aborted) {
        next = read();
        const result = await withDeadline(next, over);
        if (result === late) break;
        next = undefined;
        if (result.value === undefined) return this.#endOfServer();
        this.#write(result.value);
        if (this.#cutter.isFull) return "client";
        // Meanwhile the server has nobody who reads: it drops what it has no room for, and counts it.
        await withDeadline(this.#output.drained(), over);
      }
    } catch (error) {
      if (over.aborted && !(error instanceof OutputError)) return "client";
      throw this.#broken(error);
    }
    await this.#endInOrder(stream, next ?? read(), read);
    return "client";
  }

  /** What the server says last is how much it has left out. A server that does not answer soon has nothing to say. */
  async #endInOrder({ headers }: AdminStream, first: NextChunk, read: () => NextChunk): Promise<void> {
    const limit = AbortSignal.timeout(endTimeoutMs);
    let next = first;
    try {
      const name = headers.get("distsrv-recording");
      // One that is too old to be asked.
      if (name === null) return;
      await this.#askForEnd(name, limit);
      for (;;) {
        const result = await withDeadline(next, limit);
        if (result === late || result.value === undefined) return;
        this.#write(result.value);
        next = read();
      }
    } catch (error) {
      if (error instanceof OutputError) throw error;
    } finally {
      // It fails when the stream is closed.
      next.catch(() => {});
    }
  }

  async #askForEnd(name: string, signal: AbortSignal): Promise<void> {
    const url = webUrl(this.#peer, `/api/record?recording=${encodeURIComponent(name)}`);
    await fetch(url, {
      method: "DELETE",
      headers: adminHeaders(this.#peer),
      ...fetchOptions(this.#peer),
      signal,
    });
  }

  #endOfServer(): "server" {
    if (this.#cutter.pending > 0) throw this.#cutShort("it ended in the middle of a packet");
    return "server";
  }

  #write(chunk: Uint8Array): void {
    this.#output.add(this.#cutter.cut(chunk));
    this.#output.flush();
  }

  #broken(error: unknown): unknown {
    if (error instanceof CaptureError)
      return new PeerError(
        "no-capture",
        `${peerName(this.#peer)} sent what cannot be used: ${error.message}`,
      );
    return error instanceof TypeError || (error as { code?: string }).code === "ECONNRESET"
      ? this.#cutShort(describeError(error))
      : error;
  }

  #cutShort(why: string): PeerError {
    return new PeerError(
      "cut-short",
      `The recording from ${peerName(this.#peer)} was cut short after ${this.#cutter.packets} packets: ${why}`,
    );
  }
}
